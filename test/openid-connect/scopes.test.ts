/** The identity scopes: options, registration and pages (OpenID Connect Core 1.0 §5.4, §11). */

import {
  ClientMetadataError,
  ConfigurationError,
  createAuthorizationServer,
  IDENTITY_SCOPES,
} from '@teamcast/oauth-server'
import test from 'ava'
import { resolveClientReferences } from '../../lib/options/resolve-options.ts'
import { describeScope } from '../../lib/scopes/scope-catalogue.ts'
import { startBrowser } from '../helpers/browser.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, CONFIDENTIAL_CLIENT } from '../helpers/start-server.ts'
import {
  assertRefused,
  refresh,
  requestClientCredentials,
  tokensOf,
} from '../helpers/token-requests.ts'
import { validOptions } from '../helpers/valid-options.ts'
import { signIn, startOpenIdConnect } from './start-openid-connect.ts'

/** The lines of a list of scopes on a page. */
function linesOf(html: string): ReadonlyArray<string> {
  const lists = html.matchAll(/<ul role="list">(.*?)<\/ul>/gs)
  return [...lists].flatMap(([, list = '']) =>
    [...list.matchAll(/<bdi>([^<]*)<\/bdi>/g)].map(([, text = '']) => text),
  )
}

test('/oauth/continue: the consent page has a sentence for profile and email, and no line for openid', async (t) => {
  const server = await startOpenIdConnect(t)
  const linesFor = async (scope: string): Promise<readonly [ReadonlyArray<string>, string]> => {
    const browser = startBrowser()
    const url = authorizationUrl(server.issuer, server.confidential, { scope })
    const { html } = await browser.signIn(await browser.open(url), ADA.email)
    return [linesOf(html), html]
  }
  const [lines] = await linesFor('openid profile email interview:read')
  t.deepEqual(lines, [
    'See your name and picture',
    'See your email address',
    'See your interviews and their results',
  ])
  const [none, html] = await linesFor('openid')
  t.deepEqual(none, [])
  t.regex(html, /It will be able to recognise you and your workspace\./)
  t.regex(html, /value="allow"/)
})

test('/oauth/continue: openid beside what was granted before asks again, and lists that', async (t) => {
  const server = await startOpenIdConnect(t)
  const browser = startBrowser()
  const url = (scope: string): URL =>
    authorizationUrl(server.issuer, server.confidential, { scope })
  await browser.authorize(url('interview:read'), ADA.email)
  const { html, callback } = await browser.open(url('openid interview:read'))
  t.is(callback, undefined)
  t.regex(html, /It will be able to recognise you/)
  t.regex(html, /Already allowed/)
  t.deepEqual(linesOf(html), ['See your interviews and their results'])
})

test('/account/connections: lists the identity scopes that a user granted', async (t) => {
  const server = await startOpenIdConnect(t)
  const browser = startBrowser()
  const url = authorizationUrl(server.issuer, server.confidential, { scope: 'openid email' })
  await browser.authorize(url, ADA.email)
  const { html } = await browser.open(`${server.issuer}/account/connections`)
  t.deepEqual(linesOf(html), ['Sign you in', 'See your email address'])
  const [connection] = await server.authorizationServer.connections.list('ada')
  t.deepEqual(
    connection?.scopes.map(({ scope }) => scope),
    ['openid', 'email'],
  )
})

test('GET /oauth/authorize: offline_access is ignored; the grant types decide about a refresh token (Core §11)', async (t) => {
  const server = await startOpenIdConnect(t)
  const { confidential, authorizationServer } = server
  const scope = 'openid offline_access interview:read'
  const { tokens } = await signIn(t, server, confidential, { scope })
  t.is(tokens.scope, 'openid interview:read')
  t.truthy(tokens.refresh_token)
  const { clientId } = confidential.client
  await authorizationServer.clients.update(clientId, { allowedGrantTypes: ['authorization_code'] })
  const without = await signIn(t, server, confidential, { scope })
  t.is(without.tokens.refresh_token, undefined)
})

test('POST /oauth/token: offline_access is ignored at a refresh, and refused at client_credentials (Core §11, RFC 6749 §6)', async (t) => {
  const server = await startOpenIdConnect(t)
  const { confidential } = server
  const first = await signIn(t, server, confidential, { scope: 'openid email interview:read' })
  let refreshToken = first.tokens.refresh_token
  const refreshWith = async (scope: string): Promise<string> => {
    const tokens = await tokensOf(t, await refresh(server, confidential, refreshToken, { scope }))
    refreshToken = tokens.refresh_token
    return tokens.scope
  }
  // Some libraries send the same scopes with every request.
  t.is(await refreshWith('openid email offline_access'), 'openid email')
  t.is(await refreshWith('  offline_access  interview:read'), 'interview:read')
  t.is(await refreshWith('offline_access'), 'openid email interview:read')
  const wider = { scope: 'openid profile offline_access' }
  await assertRefused(
    t,
    await refresh(server, confidential, refreshToken, wider),
    400,
    'invalid_scope',
  )
  const own = { scope: 'offline_access interview:read' }
  const refused = await requestClientCredentials(server, confidential, own)
  await assertRefused(t, refused, 400, 'invalid_scope')
})

test('GET /oauth/authorize: a client must be registered for an identity scope (RFC 6749 §4.1.2.1)', async (t) => {
  const server = await startOpenIdConnect(t, {
    clients: [CONFIDENTIAL_CLIENT, CONFIDENTIAL_CLIENT],
  })
  const url = authorizationUrl(server.issuer, server.confidential, { scope: 'openid' })
  const { callback } = await startBrowser().open(url)
  t.is(callback?.searchParams.get('error'), 'invalid_scope')
})

test('clients.register: no client can be the resource server of userinfo (ADR 0026)', async (t) => {
  const { registerClient, issuer } = await startOpenIdConnect(t)
  const registered = registerClient({
    ...CONFIDENTIAL_CLIENT,
    resourceServerAudiences: [`${issuer}/oauth/userinfo`],
  })
  const { issues } = (await t.throwsAsync(registered, {
    instanceOf: ClientMetadataError,
  })) as ClientMetadataError
  t.deepEqual(
    issues.map(({ path }) => path),
    ['resourceServerAudiences.0'],
  )
})

const USERINFO = 'https://login.teamcast.test/oauth/userinfo'

for (const [what, options, path] of [
  ['is no object', { openIdConnect: true }, 'openIdConnect'],
  ['has an unknown member', { openIdConnect: { scopes: [] } }, 'openIdConnect.scopes'],
  ['names an unknown claim', { openIdConnect: { claims: ['gender'] } }, 'openIdConnect.claims.0'],
  [
    'misspells idTokenClaims',
    { openIdConnect: { idTokenClaims: 'all' } },
    'openIdConnect.idTokenClaims',
  ],
  [
    'has an additionalClaims that is no function',
    { openIdConnect: { additionalClaims: {} } },
    'openIdConnect.additionalClaims',
  ],
  ['is beside an API of its audience', { openIdConnect: {}, audience: USERINFO }, 'audience'],
  [
    'is beside one of several APIs of its audience',
    {
      openIdConnect: {},
      scopes: { 'a:b': 'Do it' },
      resources: [{ audience: USERINFO, scopes: ['a:b'] }],
    },
    'resources.0.audience',
  ],
  [
    'is on, and the host’s catalogue has openid',
    { openIdConnect: {}, scopes: { openid: 'Mine' } },
    'scopes.openid',
  ],
  ['is off, and defaultScopes have openid', { defaultScopes: ['openid'] }, 'defaultScopes.0'],
] as const) {
  test(`createAuthorizationServer: when openIdConnect ${what}, it says so`, (t) => {
    const given = { ...validOptions(), issuer: 'https://login.teamcast.test', ...options }
    const error = t.throws(() => createAuthorizationServer(given as never), {
      instanceOf: ConfigurationError,
    }) as ConfigurationError
    t.true(
      error.issues.some((issue) => issue.path === path),
      error.message,
    )
  })
}

test('defaultScopes: may have identity scopes with openIdConnect', async (t) => {
  const server = await startOpenIdConnect(t, { defaultScopes: ['openid'] })
  const url = authorizationUrl(server.issuer, server.confidential, { scope: undefined })
  const { callback } = await startBrowser().authorize(url, ADA.email)
  t.truthy(callback?.searchParams.get('code'))
})

test('OPTIONS_FILE: with openIdConnect the command line registers clients for identity scopes', (t) => {
  const { catalogue } = resolveClientReferences({ openIdConnect: {} })
  for (const [scope, sentence] of Object.entries(IDENTITY_SCOPES)) {
    t.is(describeScope(scope, catalogue).description, sentence)
  }
  t.false('openid' in resolveClientReferences({}).catalogue)
})
