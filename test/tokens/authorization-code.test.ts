import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import {
  type AuthorizationCodeRecord,
  checkRedemption,
  type RedemptionAttempt,
} from '../../lib/tokens/authorization-code.ts'

// RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const RECORD: AuthorizationCodeRecord = {
  clientId: 'client-1',
  userId: 'ada',
  tenantId: 'acme',
  consentId: 'a-consent-of-22-chars-',
  scopes: ['interview:read'],
  resources: ['https://api.example'],
  redirectUri: 'https://app.example/callback',
  codeChallenge: CHALLENGE,
  nonce: null,
  authTime: 1_800_000_000,
  pendingRequestKey: null,
}
const ATTEMPT: RedemptionAttempt = {
  clientId: 'client-1',
  redirectUri: 'https://app.example/callback',
  codeVerifier: VERIFIER,
}

test('redemption: the example of RFC 7636 appendix B passes, with redirect_uri or without (OAuth 2.1 §10.2)', (t) => {
  t.is(checkRedemption(RECORD, ATTEMPT), undefined)
  t.is(checkRedemption(RECORD, { ...ATTEMPT, redirectUri: undefined }), undefined)
})

const PROBLEMS = [
  { change: { clientId: 'client-2' }, problem: 'client-mismatch' },
  { change: { clientId: 'CLIENT-1' }, problem: 'client-mismatch' },
  { change: { redirectUri: '' }, problem: 'redirect-uri-mismatch' },
  { change: { redirectUri: 'https://app.example/callback/' }, problem: 'redirect-uri-mismatch' },
  { change: { redirectUri: 'https://APP.example/callback' }, problem: 'redirect-uri-mismatch' },
  { change: { codeVerifier: undefined }, problem: 'pkce-failed' },
  { change: { codeVerifier: '' }, problem: 'pkce-failed' },
  { change: { codeVerifier: CHALLENGE }, problem: 'pkce-failed' },
  { change: { codeVerifier: `${VERIFIER}=` }, problem: 'pkce-failed' },
  { change: { codeVerifier: `${VERIFIER}\n` }, problem: 'pkce-failed' },
] as const
for (const { change, problem } of PROBLEMS) {
  test(`redemption: ${JSON.stringify(change)} is ${problem} (OAuth 2.1 §4.1.3)`, (t) => {
    t.is(checkRedemption(RECORD, { ...ATTEMPT, ...change }), problem)
  })
}

test('redemption: a verifier passes exactly when it has the form of RFC 7636 §4.1, whatever its hash', (t) => {
  const character = fc.constantFrom(...'AZaz09-._~', '+', '/', '=', ' ', 'é')
  const verifier = fc.string({ unit: character, minLength: 40, maxLength: 131 })
  fc.assert(
    fc.property(verifier, (codeVerifier) => {
      const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
      const problem = checkRedemption({ ...RECORD, codeChallenge }, { ...ATTEMPT, codeVerifier })
      const isWellFormed = /^[A-Za-z0-9\-._~]{43,128}$/.test(codeVerifier)
      return (problem === undefined) === isWellFormed
    }),
  )
  t.pass()
})

for (const [form, codeVerifier] of Object.entries({
  'a plus in front': `+${VERIFIER}`,
  'a plus at the end': `${VERIFIER}+`,
  '42 characters': 'a'.repeat(42),
  '129 characters': 'a'.repeat(129),
})) {
  test(`redemption: a verifier with ${form} does not pass although its hash is right (RFC 7636 §4.1)`, (t) => {
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
    const record = { ...RECORD, codeChallenge }
    t.is(checkRedemption(record, { ...ATTEMPT, codeVerifier }), 'pkce-failed')
  })
}
