import test from 'ava'
import { assertErrorPage, assertErrorRedirect } from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { authorizationUrl, CODE_CHALLENGE, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'
import { redeem, tokensOf } from '../helpers/token-requests.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'

type Changes = Readonly<Record<string, string | undefined>>

const badRequests: ReadonlyArray<[rule: string, changes: Changes, error: string]> = [
  ['response_type is missing', { response_type: undefined }, 'invalid_request'],
  ['response_type is empty', { response_type: '' }, 'invalid_request'],
  [
    'code_challenge is missing (OAuth 2.1 §7.5.1.1)',
    { code_challenge: undefined },
    'invalid_request',
  ],
  ['code_challenge is empty', { code_challenge: '' }, 'invalid_request'],
  ['code_challenge has no method', { code_challenge_method: undefined }, 'invalid_request'],
  ['code_challenge_method is empty', { code_challenge_method: '' }, 'invalid_request'],
  [
    'code_challenge_method is plain (OAuth 2.1 §7.5.2)',
    { code_challenge_method: 'plain' },
    'invalid_request',
  ],
  ['code_challenge_method is in lower case', { code_challenge_method: 's256' }, 'invalid_request'],
  ['code_challenge_method is unknown', { code_challenge_method: 'S512' }, 'invalid_request'],
  [
    'PKCE is missing altogether',
    { code_challenge: undefined, code_challenge_method: undefined },
    'invalid_request',
  ],
  ['code_challenge has 42 characters', { code_challenge: 'a'.repeat(42) }, 'invalid_request'],
  ['code_challenge has 129 characters', { code_challenge: 'a'.repeat(129) }, 'invalid_request'],
  [
    'code_challenge has a reserved character',
    { code_challenge: `${CODE_CHALLENGE}+` },
    'invalid_request',
  ],
  [
    'code_challenge has a padding character',
    { code_challenge: `${CODE_CHALLENGE}=` },
    'invalid_request',
  ],
  [
    'code_challenge has a character past ASCII',
    { code_challenge: `${CODE_CHALLENGE}é` },
    'invalid_request',
  ],
  ['scope is missing', { scope: undefined }, 'invalid_scope'],
  ['scope is empty', { scope: '' }, 'invalid_scope'],
  ['scope is a space', { scope: ' ' }, 'invalid_scope'],
  ['scope has a tab', { scope: 'interview:read\tinterview:create' }, 'invalid_scope'],
  ['scope has characters that no scope has', { scope: 'interview:read "' }, 'invalid_scope'],
  ['scope is unknown', { scope: 'interview:read payroll:read' }, 'invalid_scope'],
  ['scope is openid', { scope: 'interview:read openid' }, 'invalid_scope'],
  ['scope is offline_access', { scope: 'interview:read offline_access' }, 'invalid_scope'],
  [
    'scope is known, but not registered for the client',
    { scope: 'interview:delete' },
    'invalid_scope',
  ],
  ['scope differs in case', { scope: 'Interview:read' }, 'invalid_scope'],
  ['prompt is unknown', { prompt: 'create' }, 'invalid_request'],
  ['prompt differs in case', { prompt: 'Login' }, 'invalid_request'],
  ['prompt has a tab', { prompt: 'login\t' }, 'invalid_request'],
  ['prompt is none with login and spaces', { prompt: ' none  login ' }, 'invalid_request'],
  ['prompt is none with login (OIDC Core §3.1.2.1)', { prompt: 'none login' }, 'invalid_request'],
  ['prompt is none with consent', { prompt: 'consent none' }, 'invalid_request'],
  ['request is given (RFC 9101)', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
  [
    'request_uri is given (RFC 9101)',
    { request_uri: 'https://recruiter.example/request.jwt' },
    'request_uri_not_supported',
  ],
  ['response_mode is fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ['response_mode is form_post', { response_mode: 'form_post' }, 'invalid_request'],
  ['response_mode is jwt', { response_mode: 'jwt' }, 'invalid_request'],
  [
    'resource is another API (RFC 8707 §2)',
    { resource: 'https://other.example' },
    'invalid_target',
  ],
  ['resource is no absolute URI', { resource: 'interviews' }, 'invalid_target'],
  ['resource has a fragment', { resource: 'https://api.example/#x' }, 'invalid_target'],
]

for (const [rule, changes, error] of badRequests) {
  test(`GET /oauth/authorize: ${rule} → ${error}, with state and iss (OAuth 2.1 §4.1.2.1, RFC 9207 §2)`, async (t) => {
    const { issuer, confidential } = await startServer(t)

    const visit = await startBrowser().open(authorizationUrl(issuer, confidential, changes))

    t.is(visit.status, 302)
    const parameters = assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error, issuer })
    t.deepEqual(parameters.getAll('state'), ['a state'])
  })
}

test('GET /oauth/authorize: a PUBLIC client without PKCE → invalid_request (OAuth 2.1 §4.1.2.1, RFC 7636 §4.4.1, RFC 8252 §6)', async (t) => {
  const { issuer, public: publicClient } = await startServer(t)
  const withoutPkce = { code_challenge: undefined, code_challenge_method: undefined }
  const visit = await startBrowser().open(authorizationUrl(issuer, publicClient, withoutPkce))
  const redirectUri = String(publicClient.client.redirectUris[0])
  assertErrorRedirect(t, visit, { redirectUri, error: 'invalid_request', issuer })
})

for (const responseType of [
  'token',
  'id_token',
  'code token',
  'code id_token',
  'none',
  'code code',
  'CODE',
]) {
  for (const responseMode of [undefined, 'query', 'fragment']) {
    test(`GET /oauth/authorize: response_type "${responseType}", response_mode ${responseMode} → unsupported_response_type in the query (OAuth 2.1 §10.1)`, async (t) => {
      const { issuer, confidential } = await startServer(t)

      const visit = await startBrowser().open(
        authorizationUrl(issuer, confidential, {
          response_type: responseType,
          response_mode: responseMode,
        }),
      )

      const error = 'unsupported_response_type'
      const parameters = assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error, issuer })
      t.is(parameters.get('state'), 'a state')
      t.is(visit.callback?.hash, '')
    })
  }
}

for (const state of [undefined, '']) {
  const given = state === '' ? 'empty' : 'missing'
  test(`GET /oauth/authorize: with state ${given} there is a code, and no state in any response (OAuth 2.1 §4.1.1, RFC 9700 §2.1)`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const url = authorizationUrl(issuer, confidential, { state })

    const granted = await startBrowser().authorize(url, 'ada@acme.test')
    t.deepEqual([...(granted.callback?.searchParams.keys() ?? [])].sort(), ['code', 'iss'])

    url.searchParams.set('prompt', 'none')
    const refused = await startBrowser().open(url)
    const expected = { redirectUri: REDIRECT_URI, error: 'login_required', issuer }
    t.false(assertErrorRedirect(t, refused, expected).has('state'))
  })

  test(`GET /oauth/authorize: requireState makes state ${given} invalid_request (ADR 0024)`, async (t) => {
    const { issuer, confidential } = await startServer(t, { requireState: true })

    const visit = await startBrowser().open(authorizationUrl(issuer, confidential, { state }))

    const parameters = assertErrorRedirect(t, visit, {
      redirectUri: REDIRECT_URI,
      error: 'invalid_request',
      issuer,
    })
    t.false(parameters.has('state'))
  })
}

for (const scope of [undefined, '', ' ']) {
  const given = scope === undefined ? 'missing' : `"${scope}"`
  test(`GET /oauth/authorize: with scope ${given} the request is for the defaultScopes of the host (RFC 6749 §3.3)`, async (t) => {
    const server = await startServer(t, { defaultScopes: ['interview:read', 'candidate:read'] })
    const { issuer, confidential } = server
    const url = authorizationUrl(issuer, confidential, { scope })
    const { callback } = await startBrowser().authorize(url, 'ada@acme.test')
    const authorization = {
      code: callback?.searchParams.get('code') ?? '',
      codeVerifier: CODE_VERIFIER,
      redirectUri: REDIRECT_URI,
    }
    const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
    t.is(tokens.scope, 'interview:read candidate:read')
  })
}

test('GET /oauth/authorize: defaultScopes that the client is not registered for are invalid_scope (RFC 6749 §3.3)', async (t) => {
  const server = await startServer(t, { defaultScopes: ['candidate:read'] })
  const { issuer, public: client } = server
  const [redirectUri = ''] = client.client.redirectUris
  const url = authorizationUrl(issuer, client, { scope: undefined })
  const visit = await startBrowser().open(url)
  assertErrorRedirect(t, visit, { redirectUri, error: 'invalid_scope', issuer })
})

const PARAMETERS = [
  'response_type',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'response_mode',
  'login_hint',
] as const

for (const name of PARAMETERS) {
  test(`GET /oauth/authorize: ${name} twice → invalid_request (OAuth 2.1 §3.1)`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const url = authorizationUrl(issuer, confidential, {
      prompt: 'login',
      response_mode: 'query',
      login_hint: 'ada@acme.test',
    })
    url.searchParams.append(name, url.searchParams.get(name) ?? '')

    const visit = await startBrowser().open(url)

    if (name === 'redirect_uri') {
      assertErrorPage(t, visit, 400)
    } else {
      const parameters = assertErrorRedirect(t, visit, {
        redirectUri: REDIRECT_URI,
        error: 'invalid_request',
        issuer,
      })
      t.deepEqual(parameters.getAll('state'), name === 'state' ? [] : ['a state'])
    }
  })
}

test('GET /oauth/authorize: client_id twice is an error page, not a redirect (OAuth 2.1 §3.1)', async (t) => {
  const { issuer, confidential, tenant } = await startServer(t)
  const url = authorizationUrl(issuer, confidential)
  url.searchParams.append('client_id', tenant.client.clientId)

  assertErrorPage(t, await startBrowser().open(url), 400)
})

const acceptable: ReadonlyArray<[rule: string, changes: Changes]> = [
  ['nonce is ignored (product contract)', { nonce: 'n-0S6_WzA2Mj' }],
  ['max_age is ignored', { max_age: '0' }],
  ['malformed max_age is ignored', { max_age: 'x' }],
  ['claims is ignored', { claims: '{"id_token":{' }],
  ['acr_values is ignored', { acr_values: 'urn:mace:incommon:iap:silver' }],
  ['display and ui_locales are ignored', { display: 'popup', ui_locales: 'de fr' }],
  ['id_token_hint is ignored', { id_token_hint: 'not.a.token' }],
  ['unknown parameters are ignored (OAuth 2.1 §3.1)', { foo: 'bar', constructor: 'x' }],
  ['a client_secret that does not belong there is ignored', { client_secret: 'x' }],
  ['an empty prompt is absent (OAuth 2.1 §3.1)', { prompt: '' }],
  ['spaces alone are an empty prompt', { prompt: '  ' }],
  ['an empty response_mode is absent', { response_mode: '' }],
  ['an empty resource is absent', { resource: '' }],
  ['response_mode=query is the default', { response_mode: 'query' }],
  ['a scope that is named twice counts once', { scope: 'interview:read interview:read' }],
  ['a login_hint too long to be one is ignored', { login_hint: 'x'.repeat(321) }],
  ['a state of 4096 characters is accepted', { state: 'x'.repeat(4096) }],
  ['a code_challenge of 43 characters is accepted', { code_challenge: 'a'.repeat(43) }],
  ['a code_challenge of 128 characters is accepted', { code_challenge: '~'.repeat(128) }],
]

for (const [rule, changes] of acceptable) {
  test(`GET /oauth/authorize: ${rule}`, async (t) => {
    const { issuer, confidential } = await startServer(t)

    const visit = await startBrowser().open(authorizationUrl(issuer, confidential, changes))

    t.is(visit.status, 200)
    t.is(titleOf(visit), 'Sign in')
  })
}

test('GET /oauth/authorize: spaces too many in scope, prompt and response_type mean nothing (RFC 6749 §3.1.1, §3.3)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  for (const [before, between, after] of [
    ['', ' ', ' '],
    [' ', ' ', ''],
    ['', '   ', ''],
  ]) {
    const visit = await browser.open(
      authorizationUrl(issuer, confidential, {
        scope: `${before}interview:read${between}interview:create${after}`,
        prompt: `${before}login${between}consent${after}`,
        response_type: `${before}code${after}`,
      }),
    )
    t.is(titleOf(visit), 'Sign in')
    const consentPage = await browser.signIn(visit, 'ada@acme.test')
    t.is(titleOf(consentPage), 'Allow access')
    const granted = await browser.submit(consentPage, { action: 'allow' })
    const code = granted.callback?.searchParams.get('code') ?? ''
    const tokens = await postAs(confidential, `${issuer}/oauth/token`, {
      grant_type: 'authorization_code',
      code,
      code_verifier: CODE_VERIFIER,
    })
    t.is((await tokens.json()).scope, 'interview:read interview:create')
  }
  const silent = await browser.open(
    authorizationUrl(issuer, confidential, { scope: 'interview:read ', prompt: 'none ' }),
  )
  t.truthy(silent.callback?.searchParams.get('code'))
})

test('GET /oauth/authorize: unknown parameters may come twice', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const url = authorizationUrl(issuer, confidential)
  for (const name of ['foo', 'foo', 'nonce', 'nonce', '__proto__'])
    url.searchParams.append(name, 'x')

  t.is(titleOf(await startBrowser().open(url)), 'Sign in')
})

test('GET /oauth/authorize: the resource may be the API itself, once or twice (RFC 8707 §2)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  for (const resources of [[issuer], [`${issuer}/`], [issuer, issuer], [issuer, `${issuer}/`]]) {
    const url = authorizationUrl(issuer, confidential)
    for (const resource of resources) url.searchParams.append('resource', resource)

    const visit = await startBrowser().authorize(url, 'ada@acme.test')

    t.truthy(visit.callback?.searchParams.get('code'), resources.join(' '))
  }
  const url = authorizationUrl(issuer, confidential)
  for (const resource of [issuer, 'https://other.example'])
    url.searchParams.append('resource', resource)
  assertErrorRedirect(t, await startBrowser().open(url), {
    redirectUri: REDIRECT_URI,
    error: 'invalid_target',
    issuer,
  })
})

test('GET /oauth/authorize: a state of 4097 characters is invalid_request, and still comes back', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const state = 'x'.repeat(4097)
  const url = authorizationUrl(issuer, confidential, { state })
  const response = await fetch(url, { redirect: 'manual' })
  t.is(response.status, 302)
  const { searchParams } = new URL(response.headers.get('location') ?? '')
  t.is(searchParams.get('error'), 'invalid_request')
  t.is(searchParams.get('state'), state)
})
