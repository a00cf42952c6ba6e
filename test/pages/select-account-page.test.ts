import test from 'ava'
import { renderSelectAccountPage } from '../../lib/pages/select-account-page.ts'
import { formsOf, textOf } from './markup.ts'
import { FORM, SELECT_ACCOUNT } from './page-views.ts'

test('account chooser: continues as this user, switches account or cancels; every form carries every hidden field', (t) => {
  const { html } = renderSelectAccountPage(SELECT_ACCOUNT)
  const shared = { method: 'post', url: FORM.url, hidden: FORM.hidden }
  t.deepEqual(formsOf(html), [
    { ...shared, actions: ['continue', 'switch-account'] },
    { ...shared, actions: ['cancel'] },
  ])
})

test('account chooser: names the client and the account', (t) => {
  const text = textOf(renderSelectAccountPage(SELECT_ACCOUNT).html)
  t.true(text.includes('Choose an account to continue to Acme Recruiter'))
  t.regex(text, /Continue as A Ada Lovelace ada@acme\.test/)
})
