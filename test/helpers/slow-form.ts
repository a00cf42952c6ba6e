import { once } from 'node:events'
import { request } from 'node:http'
import type { UserAgent } from '@teamcast/oauth-server/testing'

/** A form of which the server has the headers, and waits for the body. */
export interface SlowForm {
  /** Sends the body. @returns The status of the response. */
  end(fields: URLSearchParams): Promise<number | undefined>
}

/** Begins to submit a form, with the cookies that the browser has now, from a page of the same origin. */
export async function beginForm({ cookies }: UserAgent, url: string | URL): Promise<SlowForm> {
  const target = new URL(url)
  const slow = request(target, {
    method: 'POST',
    headers: {
      origin: target.origin,
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      'content-type': 'application/x-www-form-urlencoded',
      expect: '100-continue', // tells when the server has the headers
    },
  })
  slow.flushHeaders()
  await once(slow, 'continue')
  return {
    async end(fields) {
      slow.end(String(fields))
      const [response] = await once(slow, 'response')
      response.resume()
      return response.statusCode
    },
  }
}
