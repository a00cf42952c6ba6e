import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { assertErrorRedirect } from '../helpers/authorization-responses.ts'
import { startBrowser } from '../helpers/browser.ts'
import { authorizationUrl, basicCredentials, postAs } from '../helpers/requests.ts'
import {
  CANDIDATES,
  INTERVIEWS,
  type SeveralApis,
  startSeveralApis,
} from '../helpers/several-apis.ts'
import { startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  isActive,
  redeem,
  refresh,
  refreshableTokensOf,
  requestClientCredentials,
  tokensOf,
} from '../helpers/token-requests.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'
const ALL = ['interview:read', 'interview:create', 'candidate:read']

/** What an access token is for. */
function targetOf(token: string): { readonly aud: unknown; readonly scope: unknown } {
  const { aud, scope } = decodeJwt(token, 'payload')
  return { aud, scope }
}

async function authorize(
  server: SeveralApis,
  scopes: ReadonlyArray<string>,
  resources: ReadonlyArray<string> = [],
): ReturnType<SeveralApis['authorize']> {
  const { clientId } = server.confidential.client
  return await server.authorize({ userId: 'ada', clientId, scopes, resources })
}

async function redeemed(
  t: ExecutionContext,
  server: SeveralApis,
  scopes: ReadonlyArray<string>,
  resources: ReadonlyArray<string> = [],
  changes: Readonly<Record<string, string>> = {},
) {
  const authorization = await authorize(server, scopes, resources)
  return await refreshableTokensOf(
    t,
    await redeem(server, server.confidential, authorization, changes),
  )
}

for (const [resources, error] of [
  [['https://other.example'], 'invalid_target'],
  [[INTERVIEWS, 'https://other.example'], 'invalid_target'],
  [['interviews'], 'invalid_target'],
  [[`${INTERVIEWS}#a`], 'invalid_target'],
  [[`${INTERVIEWS}/`], 'invalid_target'],
  [[CANDIDATES], 'invalid_scope'],
] as const) {
  test(`GET /oauth/authorize: resource=${resources.join(' and ')} with scopes of interviews is ${error} (RFC 8707 §2.1)`, async (t) => {
    const { issuer, confidential } = await startSeveralApis(t)
    const scope = 'interview:read interview:create'
    const url = authorizationUrl(issuer, confidential, { scope })
    for (const resource of resources) url.searchParams.append('resource', resource)
    const visit = await startBrowser().open(url)
    assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error, issuer })
  })
}

test('a client that names no resource gets all whose scopes it asks for, and a token for one at a time (RFC 8707 §2)', async (t) => {
  const server = await startSeveralApis(t)
  const { confidential } = server
  const tokens = await redeemed(t, server, ALL)
  t.deepEqual(targetOf(tokens.access_token), {
    aud: INTERVIEWS,
    scope: 'interview:read interview:create',
  })
  t.is(tokens.scope, 'interview:read interview:create')
  const next = await tokensOf(
    t,
    await refresh(server, confidential, tokens.refresh_token, { resource: CANDIDATES }),
  )
  t.deepEqual(targetOf(next.access_token), {
    aud: CANDIDATES,
    scope: 'interview:read candidate:read',
  })
})

test('a client that names no resource and asks for scopes of one API gets tokens for that one', async (t) => {
  const server = await startSeveralApis(t)
  const tokens = await redeemed(t, server, ['candidate:read'])
  t.deepEqual(targetOf(tokens.access_token), { aud: CANDIDATES, scope: 'candidate:read' })
  const response = await refresh(server, server.confidential, tokens.refresh_token, {
    resource: INTERVIEWS,
  })
  await assertRefused(t, response, 400, 'invalid_target')
})

test('a token is for the API that understands all that was asked for, if there is one', async (t) => {
  const server = await startSeveralApis(t)
  const tokens = await redeemed(t, server, ['interview:read', 'candidate:read'])
  t.deepEqual(targetOf(tokens.access_token), {
    aud: CANDIDATES,
    scope: 'interview:read candidate:read',
  })
})

test('a resource that was not named at authorization is invalid_target later (RFC 8707 §2.2)', async (t) => {
  const server = await startSeveralApis(t)
  const { confidential } = server
  const authorization = await authorize(server, ['interview:read'], [`${CANDIDATES}/`])
  const wrong = await redeem(server, confidential, authorization, { resource: INTERVIEWS })
  await assertRefused(t, wrong, 400, 'invalid_target')
  const right = await redeem(server, confidential, authorization, { resource: CANDIDATES })
  const tokens = await refreshableTokensOf(t, right)
  t.deepEqual(targetOf(tokens.access_token), { aud: CANDIDATES, scope: 'interview:read' })
  const again = await refresh(server, confidential, tokens.refresh_token, { resource: INTERVIEWS })
  await assertRefused(t, again, 400, 'invalid_target')
})

test('a resource is the same with the slash of an empty path, its default port and a host in upper case, and no other (RFC 3986 §6.2)', async (t) => {
  const server = await startSeveralApis(t)
  const { confidential } = server
  const spellings = [CANDIDATES, `${CANDIDATES}/`, CANDIDATES.toUpperCase(), `${CANDIDATES}:443/`]
  const authorized = ['candidate:read']
  for (const resource of spellings) {
    const changes = { resource: CANDIDATES }
    let tokens = await redeemed(t, server, authorized, [resource], changes)
    for (const spelling of spellings) {
      const response = await refresh(server, confidential, tokens.refresh_token, {
        resource: spelling,
      })
      tokens = await refreshableTokensOf(t, response)
      t.is(targetOf(tokens.access_token).aud, CANDIDATES, spelling)
    }
    const other = { resource: `${CANDIDATES}//` }
    const refused = await refresh(server, confidential, tokens.refresh_token, other)
    await assertRefused(t, refused, 400, 'invalid_target')
  }
  const other = { resource: `${INTERVIEWS}/` }
  const refused = await requestClientCredentials(server, confidential, other)
  await assertRefused(t, refused, 400, 'invalid_target')
})

test('the first resource that is named is the default, and both can be had in turn (RFC 8707 §2.1)', async (t) => {
  const server = await startSeveralApis(t)
  const { confidential } = server
  let tokens = await redeemed(t, server, ['interview:read'], [CANDIDATES, INTERVIEWS])
  t.is(targetOf(tokens.access_token).aud, CANDIDATES)
  for (const resource of [INTERVIEWS, CANDIDATES, INTERVIEWS, undefined]) {
    const response = await refresh(server, confidential, tokens.refresh_token, { resource })
    tokens = await refreshableTokensOf(t, response)
    t.deepEqual(targetOf(tokens.access_token), {
      aud: resource ?? CANDIDATES,
      scope: 'interview:read',
    })
  }
})

test('a named resource of which no scope is asked for is not granted', async (t) => {
  const server = await startSeveralApis(t)
  const tokens = await redeemed(t, server, ['interview:create'], [CANDIDATES, INTERVIEWS])
  t.deepEqual(targetOf(tokens.access_token), { aud: INTERVIEWS, scope: 'interview:create' })
  const response = await refresh(server, server.confidential, tokens.refresh_token, {
    resource: CANDIDATES,
  })
  await assertRefused(t, response, 400, 'invalid_target')
})

test('a refresh that narrows the scope narrows one token only, whichever API it is for', async (t) => {
  const server = await startSeveralApis(t)
  const { confidential } = server
  const first = await redeemed(t, server, ALL)
  const narrowed = await refreshableTokensOf(
    t,
    await refresh(server, confidential, first.refresh_token, { scope: 'candidate:read' }),
  )
  t.deepEqual(targetOf(narrowed.access_token), { aud: CANDIDATES, scope: 'candidate:read' })
  const wrong = { scope: 'candidate:read', resource: INTERVIEWS }
  const refused = await refresh(server, confidential, narrowed.refresh_token, wrong)
  await assertRefused(t, refused, 400, 'invalid_scope')
  const full = await tokensOf(t, await refresh(server, confidential, narrowed.refresh_token))
  t.deepEqual(targetOf(full.access_token), {
    aud: INTERVIEWS,
    scope: 'interview:read interview:create',
  })
})

test('a scope that the client lost is missing from the tokens of every API', async (t) => {
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, { storage })
  const { confidential } = server
  const tokens = await redeemed(t, server, ALL)
  await changeClient(storage, confidential, { scopes: ['candidate:read'] })
  const refused = await refresh(server, confidential, tokens.refresh_token, {
    resource: INTERVIEWS,
  })
  await assertRefused(t, refused, 400, 'invalid_scope')
  const next = await tokensOf(t, await refresh(server, confidential, tokens.refresh_token))
  t.deepEqual(targetOf(next.access_token), { aud: CANDIDATES, scope: 'candidate:read' })
})

test('POST /oauth/token: several resources are invalid_target, the same twice is one, and neither costs the token (RFC 8707 §2.2)', async (t) => {
  const server = await startSeveralApis(t)
  const { issuer, confidential } = server
  const { client, clientSecret = '' } = confidential
  const headers = { authorization: basicCredentials(client.clientId, clientSecret) }
  const { refresh_token: refreshToken } = await redeemed(t, server, ALL)
  const send = async (...resources: ReadonlyArray<string>): Promise<Response> => {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    })
    for (const resource of resources) body.append('resource', resource)
    return await fetch(`${issuer}/oauth/token`, { method: 'POST', headers, body })
  }
  const several = await send(INTERVIEWS, CANDIDATES)
  t.like(await several.clone().json(), {
    error_description: 'an access token is for one resource: name one, and ask again for the next',
  })
  await assertRefused(t, several, 400, 'invalid_target')
  await assertRefused(t, await send(INTERVIEWS, 'https://other.example'), 400, 'invalid_target')
  const tokens = await tokensOf(t, await send(CANDIDATES, `${CANDIDATES}/`, ''))
  t.is(targetOf(tokens.access_token).aud, CANDIDATES)
  // A spent token is reuse, whatever is sent along with it.
  await assertRefused(t, await send(INTERVIEWS, CANDIDATES), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, tokens.access_token))
})

test('POST /oauth/token client_credentials: a token for the API that is named, or else for the first that fits (RFC 8707 §2)', async (t) => {
  const server = await startSeveralApis(t)
  const { confidential } = server
  const request = async (changes: Readonly<Record<string, string>>): Promise<unknown> => {
    const response = await requestClientCredentials(server, confidential, changes)
    return targetOf((await tokensOf(t, response)).access_token)
  }
  t.deepEqual(await request({}), { aud: INTERVIEWS, scope: 'interview:read interview:create' })
  t.deepEqual(await request({ resource: CANDIDATES }), {
    aud: CANDIDATES,
    scope: 'interview:read candidate:read',
  })
  t.deepEqual(await request({ scope: 'candidate:read' }), {
    aud: CANDIDATES,
    scope: 'candidate:read',
  })
  t.deepEqual(await request({ scope: 'candidate:read interview:read', resource: INTERVIEWS }), {
    aud: INTERVIEWS,
    scope: 'interview:read',
  })
  for (const [changes, error] of [
    [{ scope: 'candidate:read', resource: INTERVIEWS }, 'invalid_scope'],
    [{ resource: 'https://other.example' }, 'invalid_target'],
  ] as const) {
    const response = await requestClientCredentials(server, confidential, changes)
    await assertRefused(t, response, 400, error)
  }
})

test('a family whose APIs are no longer the server’s is invalid_grant: its client starts again', async (t) => {
  const storage = createMemoryStorage()
  const before = await startSeveralApis(t, { storage })
  const tokens = await redeemed(t, before, ['candidate:read'])
  const scopes = Object.fromEntries(ALL.map((scope) => [scope, 'A scope']))
  const resources = [{ audience: INTERVIEWS, scopes: ALL }]
  const after = await startServer(t, { storage, scopes, resources })
  const url = `${after.issuer}/oauth/token`
  const body = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  await assertRefused(t, await postAs(before.confidential, url, body), 400, 'invalid_grant')
})
