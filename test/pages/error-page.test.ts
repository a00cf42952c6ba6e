import test from 'ava'
import { renderErrorPage } from '../../lib/pages/error-page.ts'
import type { ErrorKind } from '../../lib/pages/pages.ts'
import { findTags, formsOf, textOf } from './markup.ts'
import { ERROR, ERROR_KINDS } from './page-views.ts'

const TITLES: Readonly<Record<ErrorKind, string>> = {
  'request-expired': 'This sign-in has expired',
  'request-finished': 'This sign-in is already finished',
  'other-browser': 'This sign-in began in another browser',
  'form-rejected': 'We couldn’t accept this form',
  'invalid-request': 'This application’s request is not valid',
  'method-not-allowed': 'This page can’t be used this way',
  'temporarily-unavailable': 'Teamcast is not available right now',
  'server-error': 'Something went wrong on our side',
}

for (const kind of ERROR_KINDS) {
  test(`error page ${kind}: says what happened and what to do, without a form`, (t) => {
    const { html } = renderErrorPage({ ...ERROR, kind })
    t.true(html.includes(`<title>${TITLES[kind]} &ndash; Teamcast</title>`))
    t.true(html.includes(`<h1>${TITLES[kind]}</h1>`))
    t.regex(textOf(html), /[Gg]o back to the application you came from.* start again/)
    t.deepEqual(formsOf(html), [])
  })
}

test('error page: developers find the error code and the description', (t) => {
  t.true(
    textOf(renderErrorPage(ERROR).html).endsWith(
      'Details for developers Error invalid_request Description "redirect_uri" is not registered for this client',
    ),
  )
})

test('error page: without a description there is only the error code', (t) => {
  const { html } = renderErrorPage({ ...ERROR, description: undefined })
  t.true(textOf(html).endsWith('Details for developers Error invalid_request'))
})

test('error page: a client that is certain has a link, and nothing else of it is there', (t) => {
  const client = { name: 'Acme <b>', url: 'https://acme.example/' }
  const { html } = renderErrorPage({ ...ERROR, kind: 'request-finished', client })
  const [link, ...others] = findTags(html, 'a')
  t.is(link?.attributes['href'], client.url)
  t.deepEqual(others, [])
  t.true(textOf(html).includes('Back to Acme <b>'))
  t.deepEqual(findTags(renderErrorPage(ERROR).html, 'a'), [])
})
