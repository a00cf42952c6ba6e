/**
 * A person's browser: follows redirects within the server, reads pages and submits their forms.
 *
 * @module
 */

import { createUserAgent, type UserAgent } from '@teamcast/oauth-server/testing'

export const PASSWORD = 'correct horse battery staple'

/** Where a navigation ended: at a page, or at a redirect that leaves the server. */
export interface Visit {
  /** Every response on the way; the last one is where it ended. */
  readonly responses: ReadonlyArray<Response>
  /** URL of the last response. */
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** Where the last response leads, when that is not the server. */
  readonly callback: URL | undefined
}

/** A browser. Its tabs share their cookies: keep one {@link Visit} per tab. */
export interface Browser {
  readonly userAgent: UserAgent
  /** Opens a URL. */
  open(url: string | URL, headers?: Readonly<Record<string, string>>): Promise<Visit>
  /** Submits a form of a page. */
  submit(page: Visit, fields: Readonly<Record<string, string>>): Promise<Visit>
  /** Signs in on a sign-in page. */
  signIn(page: Visit, username: string, password?: string): Promise<Visit>
  /** Opens a URL, signs in and allows everything. */
  authorize(url: string | URL, username: string): Promise<Visit>
}

export interface BrowserOptions {
  /** The URL that a URL is really reached at: what DNS and a TLS proxy would do. */
  readonly reach?: (url: URL) => URL
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Starts a browser without cookies. */
export function startBrowser({ reach = (url) => url, headers }: BrowserOptions = {}): Browser {
  const userAgent = createUserAgent()

  async function navigate(start: URL, init: RequestInit): Promise<Visit> {
    const responses: Array<Response> = []
    let url = start
    let response = await userAgent.request(reach(url), init)
    for (;;) {
      responses.push(response)
      if (responses.length > 10) throw new Error(`too many redirects: ${url}`)
      const location = response.headers.get('location')
      const target = location === null ? undefined : new URL(location, url)
      if (target?.origin !== start.origin) {
        const html = await response.text()
        const { status } = response
        return { responses, url, status, headers: response.headers, html, callback: target }
      }
      url = target
      response = await userAgent.request(reach(url), { headers: { ...headers } })
    }
  }

  const browser: Browser = {
    userAgent,
    open: (url, more) => navigate(new URL(url), { headers: { ...headers, ...more } }),
    submit(page, fields) {
      const { url, hidden } = formOf(page)
      const body = new URLSearchParams({ ...hidden, ...fields })
      const { origin } = page.url
      const init = { method: 'POST', body, headers: { origin, ...headers } }
      return navigate(new URL(url, page.url), init)
    },
    signIn: (page, username, password = PASSWORD) =>
      browser.submit(page, { action: 'sign-in', username, password }),
    async authorize(url, username) {
      const page = await browser.open(url)
      const next = page.html.includes('name="password"')
        ? await browser.signIn(page, username)
        : page
      return next.callback === undefined ? await browser.submit(next, { action: 'allow' }) : next
    },
  }
  return browser
}

/** Where a page's form goes, and its hidden fields. */
export function formOf({ html }: Visit): { url: string; hidden: Record<string, string> } {
  const url = unescaped(/<form method="post" action="([^"]*)"/.exec(html)?.[1] ?? '')
  const fields = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
  const hidden = [...fields].map(([, name = '', value = '']) => [name, unescaped(value)])
  return { url, hidden: Object.fromEntries(hidden) }
}

/** The title of a page, without the product's name. */
export function titleOf({ html }: Visit): string | undefined {
  return unescaped(/<title>([^<]*) &ndash; Teamcast<\/title>/.exec(html)?.[1] ?? html.slice(0, 200))
}

/** Text of HTML, without its character references. */
export function unescaped(text: string): string {
  return text
    .replaceAll(/&#(x?)([0-9a-f]+);/gi, (_entity, hex: string, digits: string) =>
      String.fromCodePoint(Number.parseInt(digits, hex === '' ? 10 : 16)),
    )
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
