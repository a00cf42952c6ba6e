import test from 'ava'
import { contrastOf, deriveAccentColors } from '../../lib/pages/accent-colors.ts'
import { toBrand } from '../../lib/pages/brand.ts'
import { ARABIC } from '../../lib/pages/languages/arabic.ts'
import { ENGLISH } from '../../lib/pages/languages/english.ts'
import { GERMAN } from '../../lib/pages/languages/german.ts'
import { fill } from '../../lib/pages/languages/messages.ts'
import { findLanguage, toPageLanguage } from '../../lib/pages/languages/page-language.ts'
import { SUPER_ADMIN_ARABIC } from '../../lib/pages/languages/super-admin-arabic.ts'
import { SUPER_ADMIN_ENGLISH } from '../../lib/pages/languages/super-admin-english.ts'
import { SUPER_ADMIN_GERMAN } from '../../lib/pages/languages/super-admin-german.ts'
import { findMessageIssues } from '../../lib/pages/pages-options.ts'
import { createContextOf } from '../../lib/pages/server-pages.ts'
import { renderSignInPage } from '../../lib/pages/sign-in-page.ts'
import { findTags, textOf } from './markup.ts'
import {
  BRAND,
  CONTEXT,
  MANY_SCOPES,
  renderOrdinaryPages,
  renderPagesIn,
  SIGN_IN,
} from './page-views.ts'
import { renderSuperAdminPages, renderSuperAdminProblems } from './super-admin-views.ts'

const LANGUAGES = [
  toPageLanguage('en'),
  toPageLanguage('de'),
  toPageLanguage({ tag: 'pt-BR', messages: ENGLISH }),
] as const

for (const [tag, messages, superAdminMessages] of [
  ['de', GERMAN, SUPER_ADMIN_GERMAN],
  ['ar', ARABIC, SUPER_ADMIN_ARABIC],
] as const) {
  test(`${tag}: every text has the placeholders of the English one`, (t) => {
    t.deepEqual(findMessageIssues(messages, ENGLISH, 'messages'), [])
    t.deepEqual(findMessageIssues(superAdminMessages, SUPER_ADMIN_ENGLISH, 'messages'), [])
  })
}

test('the SuperAdmin pages say their language and direction, and have no English text but what only a program gets wrong', (t) => {
  for (const [tag, dir] of [
    ['de', 'ltr'],
    ['ar', 'rtl'],
  ] as const) {
    const context = { ...CONTEXT, language: toPageLanguage(tag) }
    const pages = {
      ...renderSuperAdminPages('x', context),
      ...renderSuperAdminProblems(context),
    }
    for (const [name, { html }] of Object.entries(pages)) {
      t.true(html.includes(`<html lang="${tag}" dir="${dir}">`), name)
      t.notRegex(textOf(html), /\b(the|is|must|your|of|with|and|client id)\b/, name)
    }
    t.true(pages['registration-wrong']?.html.includes('<bdi lang="en">x</bdi>'))
  }
})

test('a page says its language and direction, and has no English text', (t) => {
  for (const [tag, dir] of [
    ['de', 'ltr'],
    ['ar', 'rtl'],
  ] as const) {
    for (const [name, { html, language }] of Object.entries(renderPagesIn(tag))) {
      t.true(html.includes(`<html lang="${tag}" dir="${dir}">`), name)
      t.is(language, tag)
      // What the views of the tests say in English.
      const said = MANY_SCOPES.reduce(
        (text, { description }) => text.replaceAll(description, ''),
        textOf(html).replace(/"redirect_uri" is.*/, ''),
      )
      t.notRegex(said, /\b(the|you|your|account|with)\b/i)
    }
  }
})

test('Arabic: what begins with a bracket, such as [::1], is kept left to right (Unicode UAX #9)', (t) => {
  const texts = JSON.stringify([ARABIC, SUPER_ADMIN_ARABIC])
  t.true(texts.includes('\u2066[::1]\u2069'))
  t.notRegex(texts, /(?<!\u2066)\[:/)
})

test('direction: right to left for the languages that are written so, or in such a script', (t) => {
  const directionOf = (tag: string) => toPageLanguage({ tag, messages: ENGLISH }).direction
  for (const tag of ['ar', 'he', 'fa', 'ur', 'uz-Arab']) t.is(directionOf(tag), 'rtl', tag)
  for (const tag of ['en', 'ja', 'ru', 'uz', 'ar-Latn']) t.is(directionOf(tag), 'ltr', tag)
})

const lookUps: ReadonlyArray<[tags: ReadonlyArray<string>, found: string | undefined]> = [
  [['de'], 'de'],
  [['DE-ch'], 'de'],
  [['de_AT'], 'de'],
  [['fr', 'de', 'en'], 'de'],
  [['pt'], 'pt-BR'],
  [['pt-PT'], undefined],
  [['pt-BR-x-private'], 'pt-BR'],
  [['d', '', '*', '-', 'deu'], undefined],
  [[], undefined],
]
for (const [tags, found] of lookUps) {
  test(`language of ${JSON.stringify(tags)}: ${found} (RFC 4647 §3.4)`, (t) => {
    t.is(findLanguage(LANGUAGES, tags)?.tag, found)
  })
}

test('language of a page: ui_locales, then the user’s, then the browser’s, then the first', (t) => {
  const contextOf = createContextOf(CONTEXT.brand, LANGUAGES)
  const browser = (accepted: string | false) => ({ acceptsLanguages: () => accepted }) as never
  const german = { locale: 'de-DE' }
  t.is(contextOf(browser('de')).language.tag, 'de')
  t.is(contextOf(browser(false)).language.tag, 'en')
  t.is(contextOf(browser('en'), { user: german }).language.tag, 'de')
  t.is(contextOf(browser('de'), { user: german, uiLocales: 'fr en' }).language.tag, 'en')
  // Neither has to make sense.
  for (const locale of [undefined, null, 7, '', 'x'.repeat(9999)]) {
    t.is(contextOf(browser('de'), { user: { locale }, uiLocales: '\0 fr' }).language.tag, 'de')
  }
})

test('texts: what is filled in is HTML, everything around it is text', (t) => {
  t.is(fill('<b> {a} & {b}', { a: '<i>', b: '' }), '&#60;b&#62; <i> &#38; ')
})

// ————— the brand —————

test('brand: its name, logo, colour and links are on the pages, and nothing else in the policy', (t) => {
  const { html, contentSecurityPolicy } = renderSignInPage({ ...SIGN_IN, brand: BRAND })
  t.true(html.includes('<title>Sign in &ndash; Talentbahn</title>'))
  t.notRegex(textOf(html), /Teamcast/)
  t.regex(
    contentSecurityPolicy,
    /style-src '[^']+' '[^']+'; img-src data: https:\/\/cdn.acme.example;/,
  )
  const hrefs = findTags(html, 'a').map(({ attributes }) => attributes['href'])
  for (const url of Object.values(BRAND.links)) t.true(hrefs.includes(url), url)
  for (const page of Object.values(renderOrdinaryPages({ ...CONTEXT, brand: BRAND }))) {
    t.notRegex(page.html, /Teamcast/)
    t.true(page.html.includes('#0b6b57'))
  }
})

test('brand: without a logo, another name than Teamcast has its initial; a logo of a site is allowed by its origin', (t) => {
  const pageOf = (brand: Parameters<typeof toBrand>[0]) =>
    renderSignInPage({ ...SIGN_IN, client: undefined, brand: toBrand(brand) })
  const named = pageOf({ name: 'Øresund' })
  t.true(named.html.includes('<span class="initial">Ø</span>'))
  t.deepEqual(findTags(named.html, 'footer'), [])
  t.notRegex(named.contentSecurityPolicy, /img-src/)
  const pictured = pageOf({ logoUrl: 'https://cdn.talentbahn.example/logo.svg' })
  t.regex(pictured.contentSecurityPolicy, /img-src https:\/\/cdn\.talentbahn\.example;/)
})

test('accent colour: one for dark mode is derived, and has the contrast of WCAG AA', (t) => {
  t.is(Math.round(contrastOf('#000000', '#ffffff')), 21)
  t.is(contrastOf('#777777', '#ffffff').toFixed(2), '4.48')
  for (const light of ['#000000', '#0b6b57', '#6d28d9', '#b3261e', '#00008b', '#767676']) {
    const { dark } = deriveAccentColors(light)
    t.true(contrastOf(dark, '#161920') >= 4.5, `${light} ${dark}`)
  }
})
