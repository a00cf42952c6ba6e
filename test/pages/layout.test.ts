import { createHash } from 'node:crypto'
import test from 'ava'
import { renderConnectionsPage } from '../../lib/pages/connections-page.ts'
import { renderConsentPage } from '../../lib/pages/consent-page.ts'
import { renderErrorPage } from '../../lib/pages/error-page.ts'
import { findTags, styleOf, tagsOf } from './markup.ts'
import {
  BARE_CLIENT,
  CLIENT,
  CONNECTIONS,
  CONSENT,
  ERROR,
  renderOrdinaryPages,
  renderPagesFilledWith,
} from './page-views.ts'

const PAGES = Object.entries({
  ...renderOrdinaryPages(),
  ...Object.fromEntries(
    Object.entries(renderPagesFilledWith('x')).map(([name, page]) => [`${name}-x`, page]),
  ),
})

test('pages: each is a whole document with language, title, viewport, one main part and one main heading', (t) => {
  for (const [name, { html }] of PAGES) {
    t.true(html.startsWith('<!doctype html>\n<html lang="en" dir="ltr">'), name)
    t.regex(html, /<title>[^<]+ &ndash; Teamcast<\/title>/, name)
    t.true(
      html.includes('<meta name="viewport" content="width=device-width, initial-scale=1">'),
      name,
    )
    t.is(findTags(html, 'main').length, 1, name)
    t.is(findTags(html, 'h1').length, 1, name)
  }
})

test('pages: no page contains a script, an event handler, a style attribute or a frame (RFC 9700 §4.16)', (t) => {
  const forbidden = ['script', 'iframe', 'object', 'embed', 'link', 'base']
  for (const [name, { html }] of PAGES) {
    for (const { name: tag, attributes } of tagsOf(html)) {
      t.false(forbidden.includes(tag), `${name}: ${tag}`)
      const attributeNames = Object.keys(attributes)
      t.deepEqual(
        attributeNames.filter((attribute) => /^(?:on.*|style|srcdoc)$/.test(attribute)),
        [],
      )
    }
    t.notRegex(html, /javascript:/i, name)
  }
})

test('Content-Security-Policy: allows the one stylesheet by its hash, and nothing else', (t) => {
  for (const [name, { html, contentSecurityPolicy }] of PAGES) {
    t.is(findTags(html, 'style').length, 1, name)
    const hash = createHash('sha256').update(styleOf(html)).digest('base64')
    const withoutLogo = contentSecurityPolicy.replace(/ img-src [^;]*;/, '')
    t.is(
      withoutLogo,
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
      name,
    )
  }
})

test('Content-Security-Policy: has no form-action, which would block the redirect to the client', (t) => {
  for (const [name, { contentSecurityPolicy }] of PAGES) {
    t.notRegex(contentSecurityPolicy, /form-action|unsafe-inline/, name)
  }
})

test('Content-Security-Policy: images come from the origin of the logo that the page shows, only', (t) => {
  const imageSources = ({ contentSecurityPolicy }: { contentSecurityPolicy: string }) =>
    /img-src ([^;]*)/.exec(contentSecurityPolicy)?.[1]
  t.is(imageSources(renderConsentPage(CONSENT)), 'https://cdn.acme.example')
  t.is(imageSources(renderConsentPage({ ...CONSENT, client: BARE_CLIENT })), undefined)
  t.is(imageSources(renderErrorPage(ERROR)), undefined)
  t.is(
    imageSources(renderConnectionsPage(CONNECTIONS)),
    'https://cdn.acme.example https://workday.example',
  )
})

test('Content-Security-Policy: a logo URL cannot add a directive or a wildcard', (t) => {
  const bare = renderConsentPage({ ...CONSENT, client: BARE_CLIENT }).contentSecurityPolicy
  const logoUrls = [
    "https://a;script-src'unsafe-inline'/logo.svg",
    'https://a;b.example/logo.svg',
    'https://a,b.example/logo.svg',
    'https://*/logo.svg',
    'https://*.example/logo.svg',
    'http://acme.example/logo.svg',
    'data:image/svg+xml,<svg/>',
    'https:',
  ]
  for (const logoUrl of logoUrls) {
    const page = renderConsentPage({ ...CONSENT, client: { ...CLIENT, logoUrl } })
    t.is(page.contentSecurityPolicy, bare, logoUrl)
    t.is(findTags(page.html, 'img').length, 0, logoUrl)
  }
})
