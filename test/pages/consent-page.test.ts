import test from 'ava'
import { renderConsentPage } from '../../lib/pages/consent-page.ts'
import type { ConsentView } from '../../lib/pages/pages.ts'
import { findTags, formsOf, textOf } from './markup.ts'
import { CONSENT, FORM, MANY_SCOPES, SCOPES, SENSITIVE_SCOPE } from './page-views.ts'

test('consent page: switches account, denies or allows; every form carries every hidden field', (t) => {
  const { html } = renderConsentPage(CONSENT)
  const shared = { method: 'post', url: FORM.url, hidden: FORM.hidden }
  t.deepEqual(formsOf(html), [
    { ...shared, actions: ['switch-account'] },
    { ...shared, actions: ['deny', 'allow'] },
  ])
})

test('consent page: names the client, the host it returns to, the user and every scope as a sentence (OAuth 2.1 §7.9)', (t) => {
  const text = textOf(renderConsentPage(CONSENT).html)
  t.true(text.includes('Acme Recruiter wants to access your Teamcast account'))
  t.true(text.includes('You will return to acme.example'))
  t.true(text.includes('Ada Lovelace ada@acme.test'))
  for (const { description } of SCOPES) t.true(text.includes(description), description)
})

test('consent page: without an earlier consent there is one list', (t) => {
  const { html } = renderConsentPage(CONSENT)
  t.is(findTags(html, 'h2').length, 1)
  t.true(textOf(html).includes(`It will be able to ${SCOPES.map((s) => s.description).join(' ')}`))
})

test('consent page: new scopes stand apart from those already granted', (t) => {
  const [first, ...others] = SCOPES
  const scopes = first === undefined ? [] : [first]
  const text = textOf(renderConsentPage({ ...CONSENT, scopes, grantedScopes: others }).html)
  t.true(
    text.includes(`It will also be able to ${scopes.map((s) => s.description).join(' ')} Already`),
  )
  t.true(text.includes(`Already allowed ${others.map((s) => s.description).join(' ')}`))
})

test('consent page: asks the user to trust the client, and says where the access can be removed, with a link', (t) => {
  const { html } = renderConsentPage(CONSENT)
  const notice =
    'Make sure that you trust Acme Recruiter . You can remove this access at any time in Connected applications'
  t.true(textOf(html).includes(notice), textOf(html))
  const hrefs = findTags(html, 'a').map(({ attributes }) => attributes['href'])
  t.true(hrefs.includes(CONSENT.connectionsUrl))
})

test('consent page: a sensitive scope has another glyph, and is called sensitive', (t) => {
  const [first, ...others] = SCOPES
  const scopes = [SENSITIVE_SCOPE, ...(first === undefined ? [] : [first])]
  const { html } = renderConsentPage({ ...CONSENT, scopes, grantedScopes: others })
  const items = findTags(html, 'li').map(({ attributes }) => attributes['class'])
  t.deepEqual(items.slice(0, 4), ['sensitive', undefined, undefined, undefined])
  t.true(textOf(html).includes(`Sensitive: ${SENSITIVE_SCOPE.description}`))
  t.notRegex(renderConsentPage(CONSENT).html, /class="sensitive"/)
})

test('consent page: from five scopes on, the sensitive ones are a group of their own', (t) => {
  const headingsOf = (scopes: ConsentView['scopes']) =>
    findTags(renderConsentPage({ ...CONSENT, scopes }).html, 'h3').length
  t.is(headingsOf(MANY_SCOPES), 1)
  t.is(headingsOf(MANY_SCOPES.slice(0, 4)), 0)
  t.is(headingsOf(MANY_SCOPES.map((scope) => ({ ...scope, isSensitive: false }))), 0)
  const { html } = renderConsentPage({ ...CONSENT, scopes: MANY_SCOPES })
  t.true(textOf(html).includes(`Sensitive Sensitive: ${SENSITIVE_SCOPE.description} Make sure`))
})

test('consent page: nothing has the focus, so that no key pressed too early allows', (t) => {
  t.notRegex(renderConsentPage(CONSENT).html, /autofocus/)
})
