import test from 'ava'
import {
  requestedResources,
  requestedScopes,
  requireTarget,
  requireUser,
  type TokenRequest,
} from '../../lib/grants/grant-handler.ts'
import { TokenRequestError } from '../../lib/grants/token-request-error.ts'
import type { ClientRecord } from '../../lib/storage/client.ts'
import { ADA } from '../helpers/start-server.ts'

const CEILING = ['interview:read', 'candidate:read']
const platform = { audience: 'PLATFORM', tenantId: undefined } as ClientRecord
const refusedFor = (message: string) => ({ instanceOf: TokenRequestError, message })

test('grant: a request without scope gets the whole ceiling (RFC 6749 §3.3)', (t) => {
  t.deepEqual(requestedScopes(undefined, CEILING), CEILING)
})

test('grant: a request gets the scopes it names, each once (RFC 6749 §3.3)', (t) => {
  t.deepEqual(requestedScopes('candidate:read', CEILING), ['candidate:read'])
  t.deepEqual(requestedScopes('candidate:read candidate:read', CEILING), ['candidate:read'])
})

test('grant: a scope above the ceiling is refused, also one that only differs in case (RFC 6749 §3.3)', (t) => {
  for (const scope of ['interview:delete', 'interview:read interview:delete', 'Interview:read']) {
    t.throws(() => requestedScopes(scope, CEILING), refusedFor('scope-exceeded'))
  }
})

test('grant: a scope of spaces only counts as absent (RFC 6749 §3.2)', (t) => {
  for (const scope of ['', ' ', '  ']) t.deepEqual(requestedScopes(scope, CEILING), CEILING)
})

test('grant: a malformed scope is refused (RFC 6749 §3.3)', (t) => {
  for (const scope of ['\t', 'interview:read\n', 'interview:read\tcandidate:read', '"', 'é']) {
    t.throws(() => requestedScopes(scope, CEILING), refusedFor('scope-malformed'))
  }
})

const API = { audience: 'https://api.example', scopes: ['interview:read', 'interview:create'] }
const OTHER = { audience: 'https://other.example', scopes: ['candidate:read', 'interview:read'] }
const naming = (...resources: ReadonlyArray<string>): TokenRequest => ({
  client: platform,
  parameters: { get: () => undefined, getAll: () => resources },
  ip: '192.0.2.1',
})

test('grant: resource may be missing or name an audience in any spelling of the same URI (RFC 8707 §2)', (t) => {
  t.deepEqual(requestedResources(naming(), [API, OTHER]), [API, OTHER])
  for (const resource of ['https://api.example', 'https://API.example/']) {
    t.deepEqual(requestedResources(naming(resource), [API, OTHER]), [API])
    t.deepEqual(requestedResources(naming(resource, API.audience), [API, OTHER]), [API])
  }
  for (const resource of ['https://api.example/v2', 'http://api.example', 'api', '', '\0']) {
    t.throws(() => requestedResources(naming(resource), [API]), refusedFor('target-unknown'))
  }
})

test('grant: several resources are refused, and an unknown one among them as such (RFC 8707 §2.2)', (t) => {
  const both = naming(API.audience, OTHER.audience)
  t.throws(() => requestedResources(both, [API, OTHER]), refusedFor('target-ambiguous'))
  t.throws(() => requestedResources(both, [API]), refusedFor('target-unknown'))
})

test('grant: a token is for the first resource that understands all scopes, or else any (RFC 8707 §2.2)', (t) => {
  const { audience } = API
  t.deepEqual(requireTarget([API, OTHER], ['interview:read']), {
    audience,
    scopes: ['interview:read'],
  })
  t.deepEqual(requireTarget([API, OTHER], ['interview:read', 'candidate:read']), {
    audience: OTHER.audience,
    scopes: ['interview:read', 'candidate:read'],
  })
  t.deepEqual(requireTarget([API, OTHER], ['interview:create', 'candidate:read']), {
    audience,
    scopes: ['interview:create'],
  })
  for (const scopes of [[], ['interview:delete']]) {
    t.throws(() => requireTarget([API, OTHER], scopes), refusedFor('scope-exceeded'))
  }
})

test('grant: a user who is not found, or of another tenant than before, is refused', async (t) => {
  const ended: Array<object> = []
  const dependencies = {
    findUser: async (userId: string) => (userId === 'ada' ? ADA : undefined),
    endFormerConnection: async (connection: object) => void ended.push(connection),
  }
  const connection = { consentId: 'consent-1', userId: 'ada', tenantId: 'acme' }
  const requireFor = (changes: Partial<typeof connection>) =>
    requireUser(dependencies, { client: platform, ip: '' }, { ...connection, ...changes })
  t.is(await requireFor({}), ADA)
  await t.throwsAsync(requireFor({ userId: 'alan' }), refusedFor('user-unavailable'))
  t.deepEqual(ended, [])
  await t.throwsAsync(requireFor({ tenantId: 'globex' }), refusedFor('tenant-changed'))
  t.is(ended.length, 1)
})
