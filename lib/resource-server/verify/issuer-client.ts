/**
 * Asks the issuer, as the client that is registered for a resource server.
 *
 * @module
 */

import { z } from 'zod'
import { callHost, type Expectation } from '../../util/host-function.ts'
import { isObject } from '../../util/is-object.ts'

/** How long one request may take; in milliseconds. */
const REQUEST_TIMEOUT_MILLISECONDS = 5_000

/** As whom to ask, and how. */
export interface IssuerClientOptions {
  /** Id of the CONFIDENTIAL client that is registered for this resource server. */
  readonly clientId: string
  /** Its secret. Sent to the issuer with HTTP Basic, and found in no error. */
  readonly clientSecret: string
  /** Sends requests. Defaults to the global `fetch`; give another for a proxy or a private CA. */
  readonly fetch?: typeof fetch
}

/** One request. */
interface IssuerRequest {
  readonly url: URL
  /** Makes it a POST. */
  readonly form?: URLSearchParams
  /** Gives it up. */
  readonly signal?: AbortSignal
}

/**
 * Sends a request and reads the answer; rejects when it is not as it should be, and after 5 seconds.
 * Redirects are not followed: they would take the secret along.
 */
export type AskIssuer = <AnswerT>(
  request: IssuerRequest,
  schema: z.ZodType<AnswerT>,
) => Promise<AnswerT>

/** The issuer answered with another status than 200. */
export class IssuerStatusError extends Error {
  override readonly name = 'IssuerStatusError'
  /** HTTP status of the answer. */
  readonly status: number

  constructor({ pathname }: URL, status: number) {
    super(`the issuer answered ${pathname} with ${status}`)
    this.status = status
  }
}

const RESPONSE: Expectation<Response> = {
  words: 'a Response',
  // Not `instanceof`: a `fetch` of undici's own has a `Response` of its own.
  schema: z.custom<Response>(
    (value) => isObject(value) && Number.isInteger(value['status']) && isFunction(value['json']),
  ),
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** Creates the function that asks. */
export function createIssuerClient(options: Required<IssuerClientOptions>): AskIssuer {
  const { clientId, clientSecret } = options
  // RFC 6749 §2.3.1: both are form-encoded first.
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    accept: 'application/json',
  }

  return async ({ url, form, signal }, schema) => {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MILLISECONDS)
    const response = await callHost('fetch', RESPONSE, () =>
      options.fetch(url, {
        ...(form === undefined ? {} : { method: 'POST', body: form }),
        headers,
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      }),
    )
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new IssuerStatusError(url, response.status)
    }
    const answer = schema.safeParse(await response.json())
    if (answer.success) return answer.data
    const places = answer.error.issues.map(({ path }) => path.join('.') || 'the whole')
    throw new TypeError(`the issuer's answer to ${url.pathname} is wrong: ${places.join(', ')}`)
  }
}
