/**
 * A browser for pages with several forms: opens them, fills them in, follows where they lead.
 *
 * @module
 */

import { createUserAgent, type UserAgent } from '@teamcast/oauth-server/testing'

/** Fields to fill in; several values for a group of checkboxes. */
export type FormFields = Readonly<Record<string, string | ReadonlyArray<string>>>

/** A page, with the response that brought it. */
export interface FormPage {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly html: string
}

/** The browser. */
export interface FormBrowser {
  readonly userAgent: UserAgent
  /** Opens a URL and follows redirects. */
  open(url: string | URL, init?: RequestInit): Promise<FormPage>
  /** Submits the form of a page that goes to a path, with its hidden fields. */
  submit(page: FormPage, path: string, fields?: FormFields): Promise<FormPage>
}

/** Starts a browser without cookies. */
export function startFormBrowser(): FormBrowser {
  const userAgent = createUserAgent()

  async function open(start: string | URL, init: RequestInit = {}): Promise<FormPage> {
    let url = new URL(start)
    let response = await userAgent.request(url, init)
    for (let redirects = 0; response.headers.has('location'); redirects += 1) {
      if (redirects === 10) throw new Error(`too many redirects: ${url}`)
      url = new URL(response.headers.get('location') ?? '', url)
      response = await userAgent.request(url)
    }
    const { status, headers } = response
    return { url, status, headers, html: await response.text() }
  }

  return {
    userAgent,
    open,
    submit: (page, path, fields = {}) =>
      open(new URL(path, page.url), {
        method: 'POST',
        headers: { origin: page.url.origin },
        body: bodyOf({ ...hiddenFieldsOf(page, path), ...fields }),
      }),
  }
}

/** The hidden fields of the form of a page that goes to a path. */
export function hiddenFieldsOf({ html, url }: FormPage, path: string): Record<string, string> {
  const start = html.indexOf(`<form method="post" action="${path}"`)
  if (start < 0) throw new Error(`${url} has no form that goes to ${path}`)
  const form = html.slice(start, html.indexOf('</form>', start))
  const fields = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]))
}

/** A form as it is sent. */
export function bodyOf(fields: FormFields): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value] as [string, string]),
    ),
  )
}
