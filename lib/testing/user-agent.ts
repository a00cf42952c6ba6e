/**
 * As much of a browser as signing in takes: cookies, and one step at a time.
 *
 * @module
 */

/** Sends requests with the cookies it was given, and follows no redirect by itself. */
export interface UserAgent {
  /** Sends a request; see `fetch`. */
  request(url: string | URL, init?: RequestInit): Promise<Response>
  /** Submits an HTML form. */
  submit(url: string | URL, fields: Readonly<Record<string, string>>): Promise<Response>
  /** Its cookies, by name. */
  readonly cookies: Map<string, string>
}

/** Makes a user agent without cookies. */
export function createUserAgent(): UserAgent {
  const cookies = new Map<string, string>()

  async function request(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (cookies.size > 0)
      headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const header of response.headers.getSetCookie()) keepCookie(cookies, header)
    return response
  }

  return {
    cookies,
    request,
    submit: (url, fields) =>
      request(url, { method: 'POST', body: new URLSearchParams({ ...fields }) }),
  }
}

function keepCookie(cookies: Map<string, string>, header: string): void {
  const [pair = '', ...attributes] = header.split('; ')
  const separator = pair.indexOf('=')
  const name = pair.slice(0, separator)
  const expires = attributes.find((attribute) => attribute.toLowerCase().startsWith('expires='))
  const isExpired =
    expires !== undefined && Date.parse(expires.slice('expires='.length)) < Date.now()
  if (isExpired) cookies.delete(name)
  else cookies.set(name, pair.slice(separator + 1))
}
