/**
 * A minimal browser: cookies, and redirects one step at a time.
 *
 * @module
 */

/** Sends requests with its cookies and does not follow redirects. */
export interface UserAgent {
  /** Sends a request; see `fetch`. */
  request(url: string | URL, init?: RequestInit): Promise<Response>
  /** Submits an HTML form with the `Origin` of the same site. */
  submit(url: string | URL, fields: Readonly<Record<string, string>>): Promise<Response>
  /** Its cookies, for all hosts. May be modified. */
  readonly cookies: Array<TestCookie>
}

/** A cookie of a user agent. There is one for each name and path. */
export interface TestCookie {
  readonly name: string
  readonly value: string
  /** Sent with requests for this path and what is below it (RFC 6265 §5.1.4). */
  readonly path: string
}

/** Creates a user agent without cookies. */
export function createUserAgent(): UserAgent {
  const cookies: Array<TestCookie> = []

  async function request(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookieHeader = cookieHeaderFor(new URL(url), cookies)
    if (cookieHeader !== '') headers.set('cookie', cookieHeader)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const header of response.headers.getSetCookie()) keepCookie(cookies, header)
    return response
  }

  return {
    cookies,
    request,
    submit: (url, fields) =>
      request(url, {
        method: 'POST',
        headers: { origin: new URL(url).origin },
        body: new URLSearchParams({ ...fields }),
      }),
  }
}

/** The longest path first (RFC 6265 §5.4). */
function cookieHeaderFor({ pathname }: URL, cookies: ReadonlyArray<TestCookie>): string {
  return cookies
    .filter(({ path }) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')))
    .sort((left, right) => right.path.length - left.path.length)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
}

function keepCookie(cookies: Array<TestCookie>, header: string): void {
  const [pair = '', ...attributes] = header.split('; ')
  const separator = pair.indexOf('=')
  const name = pair.slice(0, separator)
  const path = attributeOf(attributes, 'path') ?? '/'
  const expires = attributeOf(attributes, 'expires')

  const known = cookies.findIndex((cookie) => cookie.name === name && cookie.path === path)
  if (known >= 0) cookies.splice(known, 1)
  const isExpired = expires !== undefined && Date.parse(expires) < Date.now()
  if (!isExpired) cookies.push({ name, value: pair.slice(separator + 1), path })
}

function attributeOf(attributes: ReadonlyArray<string>, name: string): string | undefined {
  const prefix = `${name}=`
  return attributes
    .find((attribute) => attribute.toLowerCase().startsWith(prefix))
    ?.slice(prefix.length)
}
