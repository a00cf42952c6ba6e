import test from 'ava'
import {
  assertErrorPage,
  assertErrorRedirect,
  assertPageHeaders,
} from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, GRACE, startServer } from '../helpers/start-server.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'
const REFUSED = 'Access refused'

test('a user of another tenant is refused before consent, with a page (ASVS 8.4, checklist 57)', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()

  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  t.is(refused.status, 403)
  assertPageHeaders(t, refused)
  t.is(titleOf(refused), REFUSED)
  t.true(refused.html.includes('grace@globex.test'))
  t.false(refused.html.includes('acme.test'))
})

test('a user of another tenant who is signed in is refused before consent', async (t) => {
  const { issuer, tenant, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'grace@globex.test')

  const refused = await browser.open(authorizationUrl(issuer, tenant))

  t.is(refused.status, 403)
  t.is(titleOf(refused), REFUSED)
})

test('the page of a refused user: nothing but cancel and another account is accepted', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  for (const action of ['allow', 'continue', 'sign-in']) {
    const shown = await browser.submit(refused, { action })
    t.is(shown.status, 403)
    t.is(titleOf(shown), REFUSED)
  }
  const prt = signInPage.url.searchParams.get('prt')
  const end = await browser.open(`${issuer}/oauth/authorize/${prt}`)
  t.is(end.callback, undefined)
})

test('the page of a refused user: cancel → access_denied with state and iss', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  const cancelled = await browser.submit(refused, { action: 'cancel' })

  const expected = { redirectUri: REDIRECT_URI, error: 'access_denied', issuer }
  t.is(assertErrorRedirect(t, cancelled, expected).get('state'), 'a state')
})

test('the page of a refused user: another account of the right tenant goes on', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  const secondSignIn = await browser.submit(refused, { action: 'switch-account' })
  const consentPage = await browser.signIn(secondSignIn, 'ada@acme.test')
  t.is(titleOf(consentPage), 'Allow access')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('a user who changed tenant is refused in spite of an earlier consent', async (t) => {
  const { issuer, tenant, users } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, tenant), 'ada@acme.test')

  users.set('ada', { ...ADA, tenantId: 'globex' })

  t.is(titleOf(await browser.open(authorizationUrl(issuer, tenant))), REFUSED)
})

test('a user who changed tenant while the consent page was open is refused', async (t) => {
  const { issuer, tenant, users } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  users.set('ada', { ...ADA, tenantId: 'globex' })

  t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), REFUSED)
})

test('no parameter changes the tenant (ASVS 8.2)', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const url = authorizationUrl(issuer, tenant)
  for (const name of ['tenant', 'tenant_id', 'tenantId', 'audience']) {
    url.searchParams.set(name, 'globex')
  }
  const browser = startBrowser({ headers: { 'x-tenant-id': 'globex' } })

  const refused = await browser.signIn(await browser.open(url), 'grace@globex.test')
  t.is(titleOf(refused), REFUSED)
})

test('a PLATFORM client accepts the users of every tenant (checklist 57)', async (t) => {
  const { issuer, confidential } = await startServer(t)

  for (const { email } of [ADA, GRACE]) {
    const granted = await startBrowser().authorize(authorizationUrl(issuer, confidential), email)
    t.truthy(granted.callback?.searchParams.get('code'))
  }
})

test('the refusal of a user of another tenant is audited', async (t) => {
  const events: Array<Readonly<Record<string, unknown>>> = []
  const { issuer, tenant } = await startServer(t, {
    onEvent: (event) => void events.push({ ...event }),
  })
  const browser = startBrowser()
  const refused = await browser.signIn(
    await browser.open(authorizationUrl(issuer, tenant)),
    'grace@globex.test',
  )
  assertErrorPage(t, refused, 403)

  const { clientId } = tenant.client
  t.like(
    events.find(({ type }) => type === 'tenant.refused'),
    { clientId, userId: 'grace', tenantId: 'globex' },
  )
})
