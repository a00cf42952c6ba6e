import { randomBytes } from 'node:crypto'
import test from 'ava'
import { createConsentId } from '../../lib/consent/consent.ts'
import {
  createRefreshToken,
  familyIdOf,
  familySecretOf,
  parseRefreshToken,
} from '../../lib/tokens/refresh-token.ts'
import { sha256 } from '../../lib/util/sha256.ts'

const CONSENT_ID = createConsentId()

test('refresh token: what was made is read, with the family and the hash it is stored under', (t) => {
  const familySecret = randomBytes(32)
  const token = createRefreshToken(CONSENT_ID, familySecret)
  const parsed = parseRefreshToken(token)
  t.is(parsed?.consentId, CONSENT_ID)
  t.deepEqual(parsed?.familySecret, familySecret)
  t.is(parsed?.familyId, familyIdOf(CONSENT_ID, familySecret))
  t.is(parsed?.hash, sha256(token))
})

test('refresh token: it names itself, needs no escaping and holds 160 random bits at least (OAuth 2.1 §7.7, checklist 47)', (t) => {
  const familySecret = randomBytes(32)
  const tokens = Array.from({ length: 100 }, () => createRefreshToken(CONSENT_ID, familySecret))
  t.is(new Set(tokens).size, 100)
  for (const token of tokens) t.regex(token, /^tcr_[\w-]{120}$/)
  // Same family, so they begin alike: the rest, 26 bytes of nonce and the MAC, is what differs.
  const rest = tokens.map((token) => token.slice('tcr_'.length + ((16 + 32) * 8) / 6))
  t.is(new Set(rest.map((text) => text.slice(0, 27))).size, 100)
})

test('refresh token: with any one character changed it is none (OAuth 2.1 §7.7)', (t) => {
  const token = createRefreshToken(CONSENT_ID, randomBytes(32))
  for (let index = 0; index < token.length; index += 1) {
    const replacement = token[index] === 'A' ? 'B' : 'A'
    const damaged = token.slice(0, index) + replacement + token.slice(index + 1)
    t.is(parseRefreshToken(damaged), undefined, `character ${index}`)
  }
})

test('refresh token: shortened, lengthened, padded or in other letters it is none', (t) => {
  const token = createRefreshToken(CONSENT_ID, randomBytes(32))
  const others = [
    '',
    'tcr_',
    token.slice(0, -1),
    token.slice(1),
    `${token}A`,
    `${token}=`,
    `${token}\n`,
    ` ${token}`,
    token.toUpperCase(),
    token.replace('tcr_', 'tcs_'),
    `tcr_${'é'.repeat(120)}`,
    `tcr_${'\0'.repeat(120)}`,
  ]
  for (const other of others) t.is(parseRefreshToken(other), undefined, JSON.stringify(other))
})

test('refresh token: the id of the family, which every access token shows, does not make one (ADR 0004)', (t) => {
  const familySecret = randomBytes(32)
  const familyId = familyIdOf(CONSENT_ID, familySecret)
  const hash = Buffer.from(familyId.slice(CONSENT_ID.length), 'base64url')
  const fromId = createRefreshToken(CONSENT_ID, hash)
  t.not(parseRefreshToken(fromId)?.familyId, familyId)
})

test('refresh token: tokens of two families cannot be spliced', (t) => {
  const one = createRefreshToken(createConsentId(), randomBytes(32))
  const other = createRefreshToken(createConsentId(), randomBytes(32))
  for (let cut = 'tcr_'.length + 3; cut < one.length; cut += 1) {
    const spliced = one.slice(0, cut) + other.slice(cut)
    // When both end with the same character, the last of these is the one token unchanged.
    if (spliced !== one) t.is(parseRefreshToken(spliced), undefined)
  }
})

test('refresh token: the same code and verifier lead to the same family, and nothing less does (OAuth 2.1 §4.1.3)', (t) => {
  const secret = familySecretOf('code', 'verifier')
  t.deepEqual(familySecretOf('code', 'verifier'), secret)
  t.notDeepEqual(familySecretOf('code', 'other'), secret)
  t.notDeepEqual(familySecretOf('other', 'verifier'), secret)
  t.notDeepEqual(familySecretOf('code', ''), secret)
})

test('refresh token: neither the id of a family nor a stored hash holds its secret (ADR 0006)', (t) => {
  const secret = familySecretOf('code', 'verifier')
  t.regex(familyIdOf(CONSENT_ID, secret), /^[\w-]{65}$/)
  t.false(familyIdOf(CONSENT_ID, secret).includes(secret.toString('base64url')))
  t.not(sha256('code'), secret.toString('base64url'))
})
