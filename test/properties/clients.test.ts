import { ClientMetadataError, createAuthorizationServer } from '@teamcast/oauth-server'
import test from 'ava'
import fc from 'fast-check'
import { validOptions } from '../helpers/valid-options.ts'

const FIELDS = [
  'name',
  'audience',
  'tenantId',
  'clientType',
  'scopes',
  'redirectUris',
  'allowedGrantTypes',
  'tokenEndpointAuthMethod',
  'requirePkce',
  'resourceServerAudiences',
  'accessTokenTtlSeconds',
  'refreshTokenTtlSeconds',
  'clientUri',
  'logoUrl',
  'tosUri',
  'policyUri',
]
const anyValue = fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withDate: true }))
const anyInput = fc.oneof(
  anyValue,
  fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), anyValue),
)

/** Every field is right by itself; together they may contradict each other. */
const plausibleInput = fc.record(
  {
    name: fc.constantFrom('Acme', 'x'.repeat(255)),
    audience: fc.constantFrom('TENANT', 'PLATFORM'),
    tenantId: fc.constantFrom('acme', null),
    clientType: fc.constantFrom('CONFIDENTIAL', 'PUBLIC'),
    scopes: fc.subarray(['interview:read', 'candidate:read'], { minLength: 1 }),
    redirectUris: fc.subarray(['https://acme.example/', 'http://localhost/', 'com.example:/a']),
    allowedGrantTypes: fc.subarray(['authorization_code', 'refresh_token', 'client_credentials'], {
      minLength: 1,
    }),
    tokenEndpointAuthMethod: fc.constantFrom('client_secret_basic', 'client_secret_post', 'none'),
    accessTokenTtlSeconds: fc.constantFrom(null, 900),
  },
  { requiredKeys: ['name', 'clientType', 'scopes'] },
)

test('register: any input at all is either registered or refused with its problems', async (t) => {
  const { clients } = createAuthorizationServer(validOptions())

  await fc.assert(
    fc.asyncProperty(anyInput, async (input) => {
      const error = await clients.register(input as never).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      t.true(error === undefined || error instanceof ClientMetadataError, String(error))
    }),
    { numRuns: 300 },
  )
})

test('register: whatever is registered keeps the rules between the fields', async (t) => {
  const { clients } = createAuthorizationServer(validOptions())
  let registrations = 0

  await fc.assert(
    fc.asyncProperty(plausibleInput, async (input) => {
      const registered = await clients.register(input as never).catch(() => undefined)
      if (registered === undefined) return
      registrations += 1
      const { client, clientSecret } = registered
      const isPublic = client.clientType === 'PUBLIC'
      const grants = client.allowedGrantTypes
      t.is(client.requirePkce, true)
      t.is(client.audience === 'TENANT', client.tenantId !== undefined)
      t.is(isPublic, clientSecret === undefined)
      t.is(isPublic, client.tokenEndpointAuthMethod === 'none')
      t.false(isPublic && grants.includes('client_credentials'))
      t.false(grants.includes('authorization_code') && client.redirectUris.length === 0)
      t.deepEqual(await clients.find(client.clientId), client)
    }),
    { numRuns: 300 },
  )
  t.true(registrations > 0) // or nothing was tested
})

test('update: any change at all leaves a client that keeps the rules, or the one there was', async (t) => {
  const { clients } = createAuthorizationServer(validOptions())
  const { client } = await clients.register({
    name: 'Acme',
    clientType: 'PUBLIC',
    scopes: ['interview:read'],
    redirectUris: ['https://acme.example/'],
  })

  await fc.assert(
    fc.asyncProperty(fc.oneof(anyInput, plausibleInput), async (changes) => {
      const before = await clients.find(client.clientId)
      const error = await clients.update(client.clientId, changes as never).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      const after = await clients.find(client.clientId)
      t.true(error === undefined || error instanceof ClientMetadataError, String(error))
      if (error !== undefined) t.deepEqual(after, before)
      t.like(after, { clientType: 'PUBLIC', audience: 'PLATFORM', tokenEndpointAuthMethod: 'none' })
    }),
    { numRuns: 300 },
  )
})
