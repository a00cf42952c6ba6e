import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { generateKeyPair, SignJWT } from 'jose'
import { assertErrorPage } from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import {
  type OpenIdServer,
  RELYING_PARTY,
  redeemVisit,
  startOpenIdServer,
} from '../helpers/openid-connect.ts'
import { authorizationUrl, toForm } from '../helpers/requests.ts'
import { ADA, GRACE, startServer } from '../helpers/start-server.ts'
import { decodeJwt } from '../helpers/token-requests.ts'

const errorOf = ({ callback }: Visit): string | null => callback?.searchParams.get('error') ?? null
const descriptionOf = ({ callback }: Visit): string =>
  callback?.searchParams.get('error_description') ?? ''

/** Signs in the text of a URL: what only a visit needs. */
const urlOf = (server: OpenIdServer, changes = {}): URL =>
  authorizationUrl(server.issuer, server.relyingParty, changes)

const NONCES = ['n-0S6_WzA2Mj', 'two words & more=+%20', '☃ \u{1F600} "\\', 'x'.repeat(1024)]
for (const nonce of NONCES) {
  test(`nonce ${nonce.slice(0, 30)}: the ID token has it to the byte, with pages and without (OIDC Core §2)`, async (t) => {
    const server = await startOpenIdServer(t)
    const browser = startBrowser()

    const first = await browser.authorize(urlOf(server, { nonce }), ADA.email)
    t.is((await redeemVisit(t, server, server.relyingParty, first)).claims.nonce, nonce)

    const silent = await browser.open(urlOf(server, { nonce: `${nonce}`.slice(1), prompt: 'none' }))
    t.is((await redeemVisit(t, server, server.relyingParty, silent)).claims.nonce, nonce.slice(1))
  })
}

test('nonce: without it, or with an empty one, the ID token has none (OIDC Core §2)', async (t) => {
  const server = await startOpenIdServer(t)
  const browser = startBrowser()
  for (const nonce of [undefined, '']) {
    const visit = await browser.authorize(urlOf(server, { nonce }), ADA.email)
    t.false('nonce' in (await redeemVisit(t, server, server.relyingParty, visit)).claims)
  }
})

const INVALID = [
  [{ nonce: 'x'.repeat(1025) }, 'nonce must have at most 1024 characters'],
  [{ max_age: '-1' }, 'invalid max_age parameter value'],
  [{ max_age: 'an hour' }, 'invalid max_age parameter value'],
  [{ max_age: '1.5' }, 'invalid max_age parameter value'],
  [{ max_age: '1e3' }, 'max_age must be a number of seconds'],
  [{ max_age: '0x10' }, 'max_age must be a number of seconds'],
  [{ prompt: 'none login' }, 'prompt none must only be used alone'],
  [{ prompt: 'create' }, 'unsupported prompt value requested'],
  [{ id_token_hint: 'no token' }, 'id_token_hint is not an ID token that was issued to the client'],
] as const
for (const [changes, description] of INVALID) {
  const [[name, value = ''] = []] = Object.entries(changes)
  test(`${name}=${value.slice(0, 20)} is invalid_request (OIDC Core §3.1.2.6)`, async (t) => {
    const server = await startOpenIdServer(t)
    const visit = await startBrowser().open(urlOf(server, changes))
    t.is(errorOf(visit), 'invalid_request')
    t.is(descriptionOf(visit), description)
    t.is(visit.callback?.searchParams.get('state'), 'a state')
  })
}

for (const name of ['nonce', 'max_age', 'id_token_hint', 'prompt']) {
  test(`${name} sent twice is invalid_request (OAuth 2.1 §3.1)`, async (t) => {
    const server = await startOpenIdServer(t)
    const url = urlOf(server)
    url.searchParams.append(name, '1')
    url.searchParams.append(name, '1')
    t.is(errorOf(await startBrowser().open(url)), 'invalid_request')
  })
}

const UNSUPPORTED = [
  ['request', 'request_not_supported'],
  ['request_uri', 'request_uri_not_supported'],
  ['registration', 'registration_not_supported'],
] as const
for (const [name, error] of UNSUPPORTED) {
  test(`${name}: ${error} (OIDC Core §3.1.2.6)`, async (t) => {
    const server = await startOpenIdServer(t)
    const visit = await startBrowser().open(urlOf(server, { [name]: 'https://rp.example/request' }))
    t.is(errorOf(visit), error)
  })
}

const IGNORED = {
  display: 'popup',
  ui_locales: 'de-CH de',
  claims_locales: 'de',
  acr_values: 'urn:example:gold',
  claims: '{"id_token":{"acr":{"essential":true,"value":"gold"},"sub":{"value":"grace"}}}',
  unknown: 'anything',
}
for (const [name, value] of Object.entries(IGNORED)) {
  test(`${name} changes nothing (OIDC Core §3.1.2.1, §15.1)`, async (t) => {
    const server = await startOpenIdServer(t)
    const visit = await startBrowser().authorize(urlOf(server, { [name]: value }), ADA.email)
    const { claims } = await redeemVisit(t, server, server.relyingParty, visit)
    t.is(claims.sub, 'ada')
    t.false('acr' in claims)
  })
}

test('login_hint is in the form of the sign-in page (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const page = await startBrowser().open(urlOf(server, { login_hint: ADA.email }))
  t.regex(page.html, /name="username"[^>]*value="ada@acme\.test"/)
})

test('offline_access is ignored, registered or not, alone or not (OIDC Core §11)', async (t) => {
  const server = await startOpenIdServer(t)
  const browser = startBrowser()
  const scope = 'offline_access openid email'
  const visit = await browser.authorize(urlOf(server, { scope, prompt: 'consent' }), ADA.email)
  const { tokens } = await redeemVisit(t, server, server.relyingParty, visit)
  t.is(tokens['scope'], 'openid email')

  const alone = await browser.open(urlOf(server, { scope: 'offline_access' }))
  t.is(errorOf(alone), 'invalid_scope')
})

test('without openid, nonce, max_age and id_token_hint are ignored (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const { issuer, relyingParty, clock } = server
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  clock.advance(60)
  const url = authorizationUrl(issuer, relyingParty, {
    scope: 'interview:read',
    nonce: 'x'.repeat(5000),
    max_age: 'an hour',
    id_token_hint: 'no token',
  })
  const visit = await browser.open(url)
  t.truthy(visit.callback?.searchParams.get('code'), visit.callback?.href)
})

test('max_age: an older sign-in is not enough: the user signs in again, and auth_time is that time (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const { relyingParty, clock } = server
  const browser = startBrowser()
  const first = await browser.authorize(urlOf(server, { max_age: '10' }), ADA.email)
  const { claims } = await redeemVisit(t, server, relyingParty, first)
  t.is(claims.auth_time, clock.now())

  clock.advance(10)
  const again = await browser.open(urlOf(server, { max_age: '10' }))
  t.is(again.responses.length, 1)
  const second = await redeemVisit(t, server, relyingParty, again)
  t.is(second.claims.auth_time, claims.auth_time)

  clock.advance(1)
  const silent = await browser.open(urlOf(server, { max_age: '10', prompt: 'none' }))
  t.is(errorOf(silent), 'login_required')

  const page = await browser.open(urlOf(server, { max_age: '10' }))
  t.is(titleOf(page), 'Sign in')
  // Going straight to the end does not help.
  const prt = page.url.searchParams.get('prt')
  t.is(titleOf(await browser.open(`${server.issuer}/oauth/authorize/${prt}`)), 'Sign in')
  const wrong = await browser.signIn(page, ADA.email, 'wrong')
  t.is(wrong.status, 400)
  clock.advance(30) // longer than max_age: the user may type slowly
  const third = await redeemVisit(t, server, relyingParty, await browser.signIn(wrong, ADA.email))
  t.is(third.claims.auth_time, clock.now())
})

test('max_age: a sign-in for this request is enough, however long the user reads the consent page', async (t) => {
  const server = await startOpenIdServer(t)
  const { relyingParty, clock } = server
  const browser = startBrowser()
  const signInPage = await browser.open(urlOf(server, { max_age: '1' }))
  const consentPage = await browser.signIn(signInPage, ADA.email)
  const signedInAt = clock.now()
  clock.advance(120)
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const { claims } = await redeemVisit(t, server, relyingParty, granted)
  t.is(claims.auth_time, signedInAt)
})

test('max_age: a session that gets too old while the user reads the consent page is not enough', async (t) => {
  const server = await startOpenIdServer(t)
  const { clock } = server
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  const consentPage = await browser.open(urlOf(server, { max_age: '60', prompt: 'consent' }))
  t.is(titleOf(consentPage), 'Allow access')
  clock.advance(61)
  const page = await browser.submit(consentPage, { action: 'allow' })
  t.is(titleOf(page), 'Sign in')
})

test('max_age: a session that gets too old between the last page and the redirect is not enough', async (t) => {
  const server = await startOpenIdServer(t)
  const { clock, relyingParty } = server
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  const consentPage = await browser.open(urlOf(server, { max_age: '60', prompt: 'consent' }))
  const csrf = /name="csrf" value="([^"]+)"/.exec(consentPage.html)?.[1] ?? ''
  const response = await browser.userAgent.submit(consentPage.url, { csrf, action: 'allow' })
  const wayBack = response.headers.get('location') ?? ''
  t.true(wayBack.includes('/oauth/authorize/'))

  clock.advance(61)
  const page = await browser.open(wayBack)
  t.is(titleOf(page), 'Sign in')
  const again = await browser.signIn(page, ADA.email) // asks for consent again, as prompt=consent says
  const granted = await browser.submit(again, { action: 'allow' })
  const { claims } = await redeemVisit(t, server, relyingParty, granted)
  t.is(claims.auth_time, clock.now())
})

for (const changes of [{ max_age: '0' }, { max_age: '00' }, { prompt: 'login' }]) {
  const words = JSON.stringify(changes)
  test(`${words}: the user signs in once, and only once; auth_time is that time (OIDC Core §3.1.2.1)`, async (t) => {
    const server = await startOpenIdServer(t)
    const { relyingParty, clock } = server
    const browser = startBrowser()
    await browser.authorize(urlOf(server), ADA.email)
    clock.advance(5)

    const page = await browser.open(urlOf(server, changes))
    t.is(titleOf(page), 'Sign in')
    const granted = await browser.signIn(page, ADA.email)
    const { claims } = await redeemVisit(t, server, relyingParty, granted)
    t.is(claims.auth_time, clock.now())
    const next = await browser.open(urlOf(server, { max_age: '1' }))
    t.is((await redeemVisit(t, server, relyingParty, next)).claims.auth_time, claims.auth_time)
  })
}

test('max_age=0 and prompt=none is login_required (OIDC Core §3.1.2.6)', async (t) => {
  const server = await startOpenIdServer(t)
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  const visit = await browser.open(urlOf(server, { max_age: '0', prompt: 'none' }))
  t.is(errorOf(visit), 'login_required')
})

test('max_age with select_account: first the account, then the password', async (t) => {
  const server = await startOpenIdServer(t)
  const { clock, relyingParty } = server
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  clock.advance(100)
  const accounts = await browser.open(urlOf(server, { max_age: '99', prompt: 'select_account' }))
  t.is(titleOf(accounts), 'Choose an account')
  const page = await browser.submit(accounts, { action: 'continue' })
  t.is(titleOf(page), 'Sign in')
  const granted = await browser.signIn(page, ADA.email)
  const { claims } = await redeemVisit(t, server, relyingParty, granted)
  t.is(claims.auth_time, clock.now())
})

test('auth_time is when the user typed the password, for every client and as long as the session lasts (OIDC Core §2)', async (t) => {
  const server = await startOpenIdServer(t)
  const { issuer, clock, relyingParty, registerClient } = server
  const other = await registerClient(RELYING_PARTY)
  const browser = startBrowser()
  // The session began at a page that no client asked for.
  const account = await browser.open(`${issuer}/account/connections`)
  await browser.signIn(account, ADA.email)
  const signedInAt = clock.now()

  for (const client of [relyingParty, other, relyingParty, other]) {
    clock.advance(24 * 3600)
    const visit = await browser.authorize(authorizationUrl(issuer, client), ADA.email)
    const { claims } = await redeemVisit(t, server, client, visit)
    t.is(claims.auth_time, signedInAt)
  }
})

test('auth_time does not go back when an earlier request is finished once more (OIDC Core §2)', async (t) => {
  const server = await startOpenIdServer(t)
  const { clock, relyingParty } = server
  const browser = startBrowser()
  const early = await browser.authorize(urlOf(server), ADA.email)
  const wayBack = early.url
  clock.advance(20)
  const page = await browser.open(urlOf(server, { prompt: 'login' }))
  const late = await browser.signIn(page, ADA.email)
  const { claims } = await redeemVisit(t, server, relyingParty, late)

  t.truthy((await browser.open(wayBack)).callback?.searchParams.get('code'))
  const silent = await browser.open(urlOf(server, { prompt: 'none', max_age: '1' }))
  const { claims: after } = await redeemVisit(t, server, relyingParty, silent)
  t.is(after.auth_time, claims.auth_time)
})

test('id_token_hint: of the user who is signed in → a code without a page, also long after it expired (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const { relyingParty, clock } = server
  const browser = startBrowser()
  const first = await browser.authorize(urlOf(server), ADA.email)
  const { idToken } = await redeemVisit(t, server, relyingParty, first)
  clock.advance(2 * 24 * 3600)
  for (const prompt of ['none', undefined]) {
    const visit = await browser.open(urlOf(server, { prompt, id_token_hint: idToken }))
    t.is((await redeemVisit(t, server, relyingParty, visit)).claims.sub, 'ada')
  }
})

test('id_token_hint: of another user, or with nobody signed in → login_required with prompt=none (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const first = await startBrowser().authorize(urlOf(server), ADA.email)
  const { idToken } = await redeemVisit(t, server, server.relyingParty, first)
  const url = urlOf(server, { prompt: 'none', id_token_hint: idToken })

  const browser = startBrowser()
  t.is(errorOf(await browser.open(url)), 'login_required')
  await browser.authorize(urlOf(server), GRACE.email)
  t.is(errorOf(await browser.open(url)), 'login_required')
})

test('id_token_hint: another user gets no code, whether signed in before or for the request, but may sign in as the right one (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const { relyingParty, issuer } = server
  const first = await startBrowser().authorize(urlOf(server), ADA.email)
  const { idToken } = await redeemVisit(t, server, relyingParty, first)
  const browser = startBrowser()
  await browser.authorize(urlOf(server), GRACE.email)

  const url = urlOf(server, { id_token_hint: idToken })
  const refused = await browser.open(url)
  t.is(refused.status, 403)
  t.true(refused.html.includes('</bdi> asks for another account'))
  t.true(refused.html.includes(GRACE.email))
  const prt = refused.url.searchParams.get('prt')
  t.is((await browser.open(`${issuer}/oauth/authorize/${prt}`)).status, 403)

  const page = await browser.submit(refused, { action: 'switch-account' })
  t.is(titleOf(page), 'Sign in')
  const stillRefused = await browser.signIn(page, GRACE.email)
  t.is(stillRefused.status, 403)
  const again = await browser.submit(stillRefused, { action: 'switch-account' })
  const granted = await browser.signIn(again, ADA.email)
  t.is((await redeemVisit(t, server, relyingParty, granted)).claims.sub, 'ada')

  await browser.authorize(urlOf(server, { prompt: 'login' }), GRACE.email)
  const cancelled = await browser.submit(await browser.open(url), { action: 'cancel' })
  t.is(errorOf(cancelled), 'access_denied')
})

test('id_token_hint: what this server did not issue to this client as an ID token is invalid_request (OIDC Core §3.1.2.6)', async (t) => {
  const server = await startOpenIdServer(t)
  const { issuer, relyingParty, registerClient } = server
  const other = await registerClient(RELYING_PARTY)
  const browser = startBrowser()
  const { idToken, tokens } = await redeemVisit(
    t,
    server,
    relyingParty,
    await browser.authorize(urlOf(server), ADA.email),
  )
  const othersVisit = await browser.authorize(authorizationUrl(issuer, other), ADA.email)
  const othersToken = (await redeemVisit(t, server, other, othersVisit)).idToken
  const elsewhere = await startOpenIdServer(t)
  const elsewhereVisit = await startBrowser().authorize(urlOf(elsewhere), ADA.email)
  const elsewhereToken = await redeemVisit(t, elsewhere, elsewhere.relyingParty, elsewhereVisit)
  const { privateKey } = await generateKeyPair('RS256')
  const forged = await new SignJWT(decodeJwt(idToken, 'payload'))
    .setProtectedHeader({ ...decodeJwt(idToken, 'header'), alg: 'RS256' })
    .sign(privateKey)
  const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${idToken.split('.')[1]}.`

  const hints = {
    'of another client': othersToken,
    'of another issuer': elsewhereToken.idToken,
    'an access token': String(tokens['access_token']),
    'signed with another key': forged,
    'without a signature': unsigned,
    'with another payload': idToken.replace(/\..*\./, `.${othersToken.split('.')[1]}.`),
  }
  for (const [words, hint] of Object.entries(hints)) {
    const visit = await browser.open(urlOf(server, { id_token_hint: hint, prompt: 'none' }))
    t.is(errorOf(visit), 'invalid_request', words)
    t.regex(descriptionOf(visit), /id_token_hint/, words)
  }
})

test('id_token_hint: the token itself is not stored', async (t) => {
  const saved: Array<string> = []
  const storage = createMemoryStorage()
  const artifacts = {
    ...storage.artifacts,
    async save(...parameters: Parameters<typeof storage.artifacts.save>) {
      saved.push(JSON.stringify(parameters))
      await storage.artifacts.save(...parameters)
    },
  }
  const server = await startOpenIdServer(t, { storage: { ...storage, artifacts } })
  const browser = startBrowser()
  const first = await browser.authorize(urlOf(server), ADA.email)
  const { idToken } = await redeemVisit(t, server, server.relyingParty, first)
  saved.length = 0
  const page = await browser.open(urlOf(server, { id_token_hint: idToken, prompt: 'login' }))
  t.truthy((await browser.signIn(page, ADA.email)).callback?.searchParams.get('code'))
  t.true(saved.some((record) => record.includes('"hinted_user_id":"ada"')))
  t.false(saved.some((record) => record.includes('eyJ')))
})

test('hinted_user_id and other names of ours are unknown parameters', async (t) => {
  const server = await startOpenIdServer(t)
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  const visit = await browser.open(urlOf(server, { hinted_user_id: 'grace', prompt: 'none' }))
  t.truthy(visit.callback?.searchParams.get('code'))
})

test('POST: the parameters of the form count as those of a GET, in the session of the browser (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const { issuer, relyingParty } = server
  const { userAgent, authorize, open } = startBrowser()
  await authorize(urlOf(server), ADA.email)
  const url = urlOf(server, { nonce: 'two words & more=+%20', prompt: 'none' })

  // From a page of the relying party, without the cookies, which are SameSite=Lax.
  const response = await fetch(`${issuer}/oauth/authorize?scope=ignored`, {
    method: 'POST',
    headers: { origin: 'https://recruiter.example' },
    body: url.searchParams,
    redirect: 'manual',
  })
  t.is(response.status, 303)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('referrer-policy'), 'no-referrer')
  t.deepEqual(response.headers.getSetCookie(), [])
  const location = new URL(response.headers.get('location') ?? '')
  t.deepEqual([...location.searchParams], [...url.searchParams])
  t.is(location.origin + location.pathname, `${issuer}/oauth/authorize`)

  const { claims } = await redeemVisit(t, server, relyingParty, await open(location))
  t.is(claims.nonce, 'two words & more=+%20')
  t.truthy(userAgent)
})

test('POST: what is no form, or too large, is 400 with a page', async (t) => {
  const { issuer } = await startOpenIdServer(t)
  const bodies = [
    { body: '{"client_id":"x"}', headers: { 'content-type': 'application/json' } },
    { body: toForm({ state: 'x'.repeat(20_000) }), headers: {} },
    { body: null, headers: {} },
  ]
  for (const { body, headers } of bodies) {
    const url = `${issuer}/oauth/authorize`
    const response = await fetch(url, { method: 'POST', headers, body })
    t.is(response.status, 400)
    t.true((await response.text()).includes('invalid_request'))
  }
})

test('POST: an unregistered redirect URI is a page, and no redirect (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const browser = startBrowser()
  const url = urlOf(server, { redirect_uri: 'https://attacker.example/' })
  const response = await browser.userAgent.request(`${server.issuer}/oauth/authorize`, {
    method: 'POST',
    body: url.searchParams,
  })
  assertErrorPage(t, await browser.open(response.headers.get('location') ?? ''), 400)
})

test('POST without OpenID Connect is 405, as it is for every other method', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const { searchParams: body } = authorizationUrl(issuer, confidential)
  const response = await fetch(`${issuer}/oauth/authorize`, { method: 'POST', body })
  t.is(response.status, 405)
  t.is(response.headers.get('allow'), 'GET')
})
