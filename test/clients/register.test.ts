import {
  ClientMetadataError,
  type ClientRegistry,
  createAuthorizationServer,
  type Issue,
} from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import {
  ACCEPTED_FIELDS,
  AUDIENCE,
  describeFields,
  messagesOf,
  NEW_CLIENT,
  REFUSED_FIELDS,
} from '../helpers/client-rules.ts'
import { validOptions } from '../helpers/valid-options.ts'

function registry(): ClientRegistry {
  const options = { ...validOptions(), audience: AUDIENCE, clock: () => 1_700_000_000 }
  return createAuthorizationServer(options).clients
}

test('register: fills in the defaults of a CONFIDENTIAL client', async (t) => {
  const { client, clientSecret } = await registry().register(NEW_CLIENT as never)

  const { clientId, secrets, ...rest } = client
  t.like(secrets, [{ hint: String(clientSecret).slice(0, 8), createdAt: 1_700_000_000 }])
  t.is(secrets.length, 1)
  t.regex(clientId, /^tc_[A-Za-z0-9]{22}$/)
  t.regex(String(clientSecret), /^tcs_[A-Za-z0-9]{43}$/)
  t.deepEqual(rest, {
    name: 'Acme Recruiter',
    audience: 'PLATFORM',
    tenantId: undefined,
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read'],
    redirectUris: ['https://acme.example/callback'],
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: true,
    resourceServerAudiences: [],
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 2_592_000,
    clientUri: undefined,
    logoUrl: undefined,
    tosUri: undefined,
    policyUri: undefined,
    createdAt: 1_700_000_000,
    updatedAt: 1_700_000_000,
    version: 1,
  })
})

test('register: a PUBLIC client has no secret and authenticates with none', async (t) => {
  const { client, clientSecret } = await registry().register({
    ...NEW_CLIENT,
    clientType: 'PUBLIC',
  } as never)

  t.is(clientSecret, undefined)
  t.deepEqual(client.secrets, [])
  t.is(client.tokenEndpointAuthMethod, 'none')
})

ACCEPTED_FIELDS.forEach(([fields, stored = fields], index) => {
  test(`register: accepts ${describeFields(fields)} (${index})`, async (t) => {
    const { client } = await registry().register({ ...NEW_CLIENT, ...fields } as never)

    t.like(client, stored)
  })
})

REFUSED_FIELDS.forEach(([fields, path, message], index) => {
  test(`register: refuses ${describeFields(fields)}: ${path} ${message} (${index})`, async (t) => {
    t.deepEqual(await issuesOf(t, { ...NEW_CLIENT, ...fields }), [{ path, message }])
  })
})

test('register: a tenantId must be text that can be read', async (t) => {
  for (const tenantId of ['', ' ', 'a\0b', 'x'.repeat(256), 7]) {
    const issues = await issuesOf(t, { ...NEW_CLIENT, audience: 'TENANT', tenantId })
    t.true(issues.every(({ path }) => path === 'tenantId'))
  }
})

test('register: reports every problem at once, each with its field', async (t) => {
  const issues = await issuesOf(t, {
    name: 'ab',
    audience: 'TENANT',
    clientType: 'PUBLIC',
    scopes: ['nope'],
    redirectUris: ['http://acme.example/', 'https://acme.example/', 'javascript:alert(1)'],
    allowedGrantTypes: ['authorization_code', 'client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: false,
    resourceServerAudiences: ['nope'],
    accessTokenTtlSeconds: 1,
    refreshTokenTtlSeconds: 1,
    clientUri: 'nope',
    logoUrl: 'nope',
    tosUri: 'nope',
    policyUri: 'nope',
    colour: 'green',
  })

  t.deepEqual(issues.map(({ path }) => path).sort(), [
    'accessTokenTtlSeconds',
    'allowedGrantTypes',
    'clientUri',
    'colour',
    'logoUrl',
    'name',
    'policyUri',
    'redirectUris.0',
    'redirectUris.2',
    'refreshTokenTtlSeconds',
    'requirePkce',
    'resourceServerAudiences.0',
    'scopes.0',
    'tenantId',
    'tokenEndpointAuthMethod',
    'tosUri',
  ])
})

test('register: what is not an object is refused, not thrown at', async (t) => {
  for (const input of [undefined, null, 'client', 7, []]) {
    t.deepEqual(await issuesOf(t, input), [{ path: 'client', message: 'must be an object' }])
  }
})

async function issuesOf(t: ExecutionContext, input: unknown): Promise<ReadonlyArray<Issue>> {
  const error = await t.throwsAsync(registry().register(input as never), {
    instanceOf: ClientMetadataError,
    code: 'ERR_CLIENT_METADATA_INVALID',
  })
  return messagesOf(error?.issues)
}
