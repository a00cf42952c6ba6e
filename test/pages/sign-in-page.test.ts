import test from 'ava'
import { renderSignInPage } from '../../lib/pages/sign-in-page.ts'
import { findTags, formsOf, type Tag, textOf } from './markup.ts'
import { FORM, SIGN_IN } from './page-views.ts'

function fieldOf(html: string, name: string): Readonly<Record<string, string>> {
  const field = findTags(html, 'input').find((input: Tag) => input.attributes['name'] === name)
  return field?.attributes ?? {}
}

test('sign-in page: one form signs in, another cancels; both carry every hidden field', (t) => {
  const { html } = renderSignInPage(SIGN_IN)
  const shared = { method: 'post', url: FORM.url, hidden: FORM.hidden }
  t.deepEqual(formsOf(html), [
    { ...shared, actions: ['sign-in'] },
    { ...shared, actions: ['cancel'] },
  ])
})

test('sign-in page: labelled fields that password managers recognise', (t) => {
  const { html } = renderSignInPage(SIGN_IN)
  t.like(fieldOf(html, 'username'), { id: 'username', autocomplete: 'username', required: '' })
  t.like(fieldOf(html, 'password'), {
    id: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: '',
  })
  const labels = findTags(html, 'label').map(({ attributes }) => attributes['for'])
  t.deepEqual(labels, ['username', 'password'])
})

test('sign-in page: the first empty field has the focus', (t) => {
  const focused = (username: string) =>
    findTags(renderSignInPage({ ...SIGN_IN, username }).html, 'input')
      .filter(({ attributes }) => attributes['autofocus'] !== undefined)
      .map(({ attributes }) => attributes['name'])
  t.deepEqual(focused(''), ['username'])
  t.deepEqual(focused('ada@acme.test'), ['password'])
})

test('sign-in page: fills in the user name and never a password', (t) => {
  const username = 'ada@acme.test'
  const { html } = renderSignInPage({ ...SIGN_IN, username, problem: 'invalid-credentials' })
  t.is(fieldOf(html, 'username')['value'], username)
  t.is(fieldOf(html, 'password')['value'], undefined)
})

test('sign-in page: without a problem, nothing is announced', (t) => {
  const { html } = renderSignInPage(SIGN_IN)
  t.deepEqual(
    findTags(html, 'p').filter(({ attributes }) => attributes['role'] === 'alert'),
    [],
  )
  for (const name of ['username', 'password']) {
    t.like(fieldOf(html, name), { 'aria-invalid': undefined, 'aria-describedby': undefined })
  }
  t.true(html.includes('<title>Sign in &ndash; Teamcast</title>'))
})

test('sign-in page: wrong credentials are announced, and both fields refer to the message', (t) => {
  const { html } = renderSignInPage({ ...SIGN_IN, problem: 'invalid-credentials' })
  t.true(html.includes('<title>Error: Sign in &ndash; Teamcast</title>'))
  t.true(textOf(html).includes('The email address or the password is wrong.'))
  t.is(
    findTags(html, 'p').find(({ attributes }) => attributes['role'] === 'alert')?.attributes['id'],
    'problem',
  )
  for (const name of ['username', 'password']) {
    t.like(fieldOf(html, name), { 'aria-invalid': 'true', 'aria-describedby': 'problem' })
  }
})

test('sign-in page: an account that cannot sign in is announced, and no field is called invalid', (t) => {
  const { html } = renderSignInPage({ ...SIGN_IN, problem: 'user-unavailable' })
  t.true(textOf(html).includes('This account cannot sign in. Ask your administrator.'))
  for (const name of ['username', 'password']) {
    t.like(fieldOf(html, name), { 'aria-invalid': undefined, 'aria-describedby': 'problem' })
  }
})

test('sign-in page: too many attempts are announced with the time to wait, and no field is called invalid', (t) => {
  const problem = { problem: 'too-many-attempts', retryAfterSeconds: 300 } as const
  const { html } = renderSignInPage({ ...SIGN_IN, ...problem })
  t.true(textOf(html).includes('Too many failed attempts. Try again in 5 minutes.'))
  for (const [retryAfterSeconds, text] of [
    [241, '5 minutes'],
    [60, '1 minute'],
    [59, '59 seconds'],
    [1, '1 second'],
  ] as const) {
    const page = renderSignInPage({ ...SIGN_IN, ...problem, retryAfterSeconds })
    t.true(textOf(page.html).includes(`Try again in ${text}.`), text)
  }
  for (const name of ['username', 'password']) {
    t.like(fieldOf(html, name), { 'aria-invalid': undefined, 'aria-describedby': 'problem' })
  }
})
