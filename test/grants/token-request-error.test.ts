import test from 'ava'
import {
  TokenRequestError,
  type TokenRequestErrorReason,
} from '../../lib/grants/token-request-error.ts'

const ERRORS: Readonly<Record<TokenRequestErrorReason, string>> = {
  'client-not-found': 'invalid_client',
  'grant-type-unsupported': 'unsupported_grant_type',
  'grant-type-not-allowed': 'unauthorized_client',
  'parameter-missing': 'invalid_request',
  'target-unknown': 'invalid_target',
  'target-ambiguous': 'invalid_target',
  'target-not-found': 'invalid_grant',
  'scope-malformed': 'invalid_scope',
  'scope-exceeded': 'invalid_scope',
  'code-unknown': 'invalid_grant',
  'code-replayed': 'invalid_grant',
  'request-ended': 'invalid_grant',
  'client-mismatch': 'invalid_grant',
  'redirect-uri-mismatch': 'invalid_grant',
  'pkce-failed': 'invalid_grant',
  'refresh-token-unknown': 'invalid_grant',
  'refresh-token-reused': 'invalid_grant',
  'refresh-token-expired': 'invalid_grant',
  'replay-outdated': 'invalid_grant',
  'user-unavailable': 'invalid_grant',
  'tenant-changed': 'invalid_grant',
  'tenant-refused': 'invalid_grant',
  'client-refused': 'invalid_grant',
  'consent-revoked': 'invalid_grant',
}

for (const [reason, error] of Object.entries(ERRORS)) {
  test(`token request error: ${reason} is ${error} (RFC 6749 §5.2)`, (t) => {
    t.is(new TokenRequestError(reason as TokenRequestErrorReason).response.error, error)
  })
}

test('token request error: whatever the reason, invalid_grant has the same description (RFC 6749 §5.2, checklist 56)', (t) => {
  const sentences = Object.keys(ERRORS)
    .map((reason) => new TokenRequestError(reason as TokenRequestErrorReason).response)
    .filter(({ error }) => error === 'invalid_grant')
    .map(({ description }) => description)
  t.is(new Set(sentences).size, 1)
})

test('token request error: descriptions have only the characters of RFC 6749 §5.2', (t) => {
  for (const reason of Object.keys(ERRORS)) {
    const { description } = new TokenRequestError(reason as TokenRequestErrorReason).response
    t.regex(description, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
  }
})

test('token request error: the error carries reason and subject, for the audit event', (t) => {
  const error = new TokenRequestError('tenant-refused', { userId: 'ada', tenantId: 'acme' })
  t.is(error.reason, 'tenant-refused')
  t.deepEqual(error.subject, { userId: 'ada', tenantId: 'acme' })
  t.deepEqual(new TokenRequestError('code-unknown').subject, {})
})

test('token request error: a grant type can have errors of its own (RFC 8628 §3.5)', (t) => {
  const response = { error: 'authorization_pending', description: 'the user has not decided yet' }
  const error = new TokenRequestError({ reason: 'user-undecided', ...response })
  t.is(error.reason, 'user-undecided')
  t.deepEqual(error.response, response)
})
