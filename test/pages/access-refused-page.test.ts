import test from 'ava'
import { renderAccessRefusedPage } from '../../lib/pages/access-refused-page.ts'
import { formsOf, textOf } from './markup.ts'
import { ACCESS_REFUSED, FORM } from './page-views.ts'

test('access refused page: switches account or cancels; every form carries every hidden field', (t) => {
  const { html } = renderAccessRefusedPage(ACCESS_REFUSED)
  const shared = { method: 'post', url: FORM.url, hidden: FORM.hidden }
  t.deepEqual(formsOf(html), [
    { ...shared, actions: ['switch-account'] },
    { ...shared, actions: ['cancel'] },
  ])
})

test('access refused page: says which account cannot use which client, and what to do', (t) => {
  const text = textOf(renderAccessRefusedPage(ACCESS_REFUSED).html)
  t.true(text.includes('This account can’t be used with Acme Recruiter'))
  t.true(text.includes('ada@acme.test'))
  t.true(text.includes('Nothing was shared with it.'))
  t.true(text.includes('sign in with it'))
})

test('access refused page: says that an administrator of the workspace can allow a client that the host refuses', (t) => {
  const view = { ...ACCESS_REFUSED, reason: 'client-refused' } as const
  const { html } = renderAccessRefusedPage(view)
  const text = textOf(html)
  t.true(text.includes('Your workspace doesn’t allow Acme Recruiter'))
  t.true(text.includes('ada@acme.test'))
  t.true(text.includes('Nothing was shared with this one now.'))
  t.true(text.includes('ask an administrator of your workspace to allow it'))
  t.deepEqual(formsOf(html), formsOf(renderAccessRefusedPage(ACCESS_REFUSED).html))
})

test('access refused page: says that the client asks for another account than the one that is signed in', (t) => {
  const { html } = renderAccessRefusedPage({ ...ACCESS_REFUSED, reason: 'other-account' })
  const text = textOf(html)
  t.true(text.includes('Acme Recruiter asks for another account'))
  t.true(text.includes('ada@acme.test'))
  t.true(text.includes('Sign in with the account you use there.'))
  t.deepEqual(formsOf(html), formsOf(renderAccessRefusedPage(ACCESS_REFUSED).html))
})
