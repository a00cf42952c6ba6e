import test from 'ava'
import { renderConsentPage } from '../../lib/pages/consent-page.ts'
import { findTags, formsOf, textOf } from './markup.ts'
import { CONSENT, FORM, SCOPES } from './page-views.ts'

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

test('consent page: nothing has the focus, so that no key pressed too early allows', (t) => {
  t.notRegex(renderConsentPage(CONSENT).html, /autofocus/)
})
