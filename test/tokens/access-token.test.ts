import { generateKeyPairSync, sign } from 'node:crypto'
import test from 'ava'
import { exportJWK, SignJWT } from 'jose'
import { createGivenKeys } from '../../lib/keys/key-ring.ts'
import { type AccessTokenSubject, createAccessTokens } from '../../lib/tokens/access-token.ts'
import { decodeJwt } from '../helpers/token-requests.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://issuer.example'
const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = { ...(await exportJWK(key.privateKey)), kid: 'current' }
const otherJwk = { ...(await exportJWK(otherKey.privateKey)), kid: 'previous' }

let instant = NOW
const now = () => instant
const tokensOf = (issuer: string, keys: Parameters<typeof createGivenKeys>[0]) =>
  createAccessTokens({ issuer, keys: createGivenKeys(keys, []), now })
const accessTokens = tokensOf(ISSUER, [jwk])

const SUBJECT: AccessTokenSubject = {
  clientId: 'client-1',
  userId: 'ada',
  tenantId: 'acme',
  familyId: 'family-1',
  scopes: ['interview:read', 'candidate:read'],
  audience: 'https://api.example',
  ttlSeconds: 900,
}

test.beforeEach(() => {
  instant = NOW
})

test.serial(
  'access token: what was issued verifies, with the claims of RFC 9068 §2.2',
  async (t) => {
    const { token, claims } = await accessTokens.issue(SUBJECT)
    t.deepEqual(await accessTokens.verify(token), claims)
    t.deepEqual(claims, {
      iss: ISSUER,
      sub: 'ada',
      aud: 'https://api.example',
      client_id: 'client-1',
      scope: 'interview:read candidate:read',
      iat: NOW,
      exp: NOW + 900,
      jti: claims.jti,
      tenant_id: 'acme',
      grant_id: 'family-1',
    })
  },
)

test.serial(
  'access token: a client’s own has its client_id as sub, and no member for what it lacks (RFC 9068 §2.2)',
  async (t) => {
    const { token } = await accessTokens.issue({
      ...SUBJECT,
      userId: undefined,
      tenantId: undefined,
      familyId: undefined,
    })
    const payload = decodeJwt(token, 'payload')
    t.is(payload['sub'], 'client-1')
    t.false('tenant_id' in payload)
    t.false('grant_id' in payload)
  },
)

test.serial('access token: it is good until the second before exp (RFC 7519 §4.1.4)', async (t) => {
  const { token } = await accessTokens.issue(SUBJECT)
  instant = NOW + 899
  t.not(await accessTokens.verify(token), undefined)
  instant = NOW + 900
  t.is(await accessTokens.verify(token), undefined)
})

test.serial(
  'access token: one signed with the previous key verifies while that key is published (checklist 50)',
  async (t) => {
    const { token } = await tokensOf(ISSUER, [otherJwk]).issue(SUBJECT)
    t.is(await accessTokens.verify(token), undefined)
    t.not(await tokensOf(ISSUER, [jwk, otherJwk]).verify(token), undefined)
  },
)

test.serial(
  'access token: another issuer’s is not ours, although the key is (RFC 9068 §4)',
  async (t) => {
    const { token } = await tokensOf('https://other.example', [jwk]).issue(SUBJECT)
    t.is(await accessTokens.verify(token), undefined)
  },
)

/** What stands in the place of the header that this server writes, `{"alg":"RS256","typ":"at+jwt","kid":"current"}`. */
const FOREIGN_HEADERS: Readonly<Record<string, string>> = {
  'typ JWT': '{"alg":"RS256","typ":"JWT","kid":"current"}',
  'typ application/at+jwt': '{"alg":"RS256","typ":"application/at+jwt","kid":"current"}',
  'typ AT+JWT': '{"alg":"RS256","typ":"AT+JWT","kid":"current"}',
  'no typ': '{"alg":"RS256","kid":"current"}',
  'alg RS512': '{"alg":"RS512","typ":"at+jwt","kid":"current"}',
  'alg PS256': '{"alg":"PS256","typ":"at+jwt","kid":"current"}',
  'alg none': '{"alg":"none","typ":"at+jwt","kid":"current"}',
  'alg rs256': '{"alg":"rs256","typ":"at+jwt","kid":"current"}',
  'no alg': '{"typ":"at+jwt","kid":"current"}',
  'an unknown kid': '{"alg":"RS256","typ":"at+jwt","kid":"unknown"}',
  'an empty kid': '{"alg":"RS256","typ":"at+jwt","kid":""}',
  'a kid that is a list': '{"alg":"RS256","typ":"at+jwt","kid":["current"]}',
  'a kid that is a number': '{"alg":"RS256","typ":"at+jwt","kid":0}',
  'a kid of every object': '{"alg":"RS256","typ":"at+jwt","kid":"__proto__"}',
  'no kid': '{"alg":"RS256","typ":"at+jwt"}',
  'a member twice': '{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"current"}',
  'members in another order': '{"typ":"at+jwt","alg":"RS256","kid":"current"}',
  spaces: '{"alg": "RS256", "typ": "at+jwt", "kid": "current"}',
  crit: '{"alg":"RS256","typ":"at+jwt","kid":"current","crit":["exp"]}',
  jku: '{"alg":"RS256","typ":"at+jwt","kid":"current","jku":"https://attacker.example"}',
  'a header that is a list': '["RS256","at+jwt","current"]',
  'a header that is null': 'null',
  'a header that is no JSON': 'RS256',
  'an empty header': '',
}
for (const [name, header] of Object.entries(FOREIGN_HEADERS)) {
  test.serial(
    `access token: with ${name} it is none, although the signature is right (RFC 9068 §4, RFC 8725 §3.1)`,
    async (t) => {
      const { claims } = await accessTokens.issue(SUBJECT)
      t.is(await accessTokens.verify(signed(header, JSON.stringify(claims))), undefined)
    },
  )
}

/** A JWT with any header and payload, signed with RS256 by the current key. */
function signed(header: string, payload: string): string {
  const input = [header, payload].map((text) => Buffer.from(text).toString('base64url')).join('.')
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`
}

const HEADER = '{"alg":"RS256","typ":"at+jwt","kid":"current"}'

test.serial(
  'access token: the header and the payload that this server writes verify when signed, so the tests of others mean something',
  async (t) => {
    const { claims } = await accessTokens.issue(SUBJECT)
    t.deepEqual(await accessTokens.verify(signed(HEADER, JSON.stringify(claims))), claims)
  },
)

test.serial('access token: another text for the same bytes is another token', async (t) => {
  const { token } = await accessTokens.issue(SUBJECT)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const last = signature.at(-1) ?? ''
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // 256 bytes leave four bits of the last character unused.
  const sameBytes = signature.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1]
  t.deepEqual(Buffer.from(sameBytes, 'base64url'), Buffer.from(signature, 'base64url'))
  const others = [
    `${header}.${payload}.${sameBytes}`,
    `${token}==`,
    `${token}\n`,
    ` ${token}`,
    `${token}.`,
    `${token}.${signature}`,
    `${header}=.${payload}.${signature}`,
    `${header}.${payload}=.${signature}`,
    `${header}.\n${payload}.${signature}`,
  ]
  for (const other of others) t.is(await accessTokens.verify(other), undefined, other)
})

test.serial(
  'access token: one claim changed, or the signature of another token or key, is none',
  async (t) => {
    const { token, claims } = await accessTokens.issue(SUBJECT)
    const { token: other } = await accessTokens.issue(SUBJECT)
    const [header, payload, signature] = token.split('.')
    const [, , otherSignature] = other.split('.')
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'eve' })).toString('base64url')
    const byOtherKey = sign('sha256', Buffer.from(`${header}.${payload}`), otherKey.privateKey)
    for (const forged of [
      `${header}.${changed}.${signature}`,
      `${header}.${payload}.${otherSignature}`,
      `${header}.${payload}.${byOtherKey.toString('base64url')}`,
    ]) {
      t.is(await accessTokens.verify(forged), undefined)
    }
  },
)

test.serial(
  'access token: the kid decides which key verifies, even if another one signed (RFC 7515 §4.1.4)',
  async (t) => {
    const { claims } = await accessTokens.issue(SUBJECT)
    const both = tokensOf(ISSUER, [jwk, otherJwk])
    const header = HEADER.replace('current', 'previous')
    t.is(await both.verify(signed(header, JSON.stringify(claims))), undefined)
  },
)

test.serial(
  'access token: a signed payload that is not the claims of an access token is none',
  async (t) => {
    const { claims } = await accessTokens.issue(SUBJECT)
    const payloads = [
      ...['', 'null', '[]', '"text"', '{}', '{'],
      JSON.stringify({ ...claims, exp: String(claims.exp) }),
      JSON.stringify({ ...claims, exp: null }),
      JSON.stringify({ ...claims, aud: [claims.aud] }),
      JSON.stringify({ ...claims, iss: [claims.iss] }),
    ]
    for (const payload of payloads) {
      t.is(await accessTokens.verify(signed(HEADER, payload)), undefined, payload)
    }
  },
)

test.serial(
  'access token: alg none, a stripped signature and the public key as HMAC secret are refused (RFC 8725 §2.1)',
  async (t) => {
    const { token, claims } = await accessTokens.issue(SUBJECT)
    const [, payload] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const secret = Buffer.from(key.publicKey.export({ type: 'spki', format: 'pem' }))
    const hmac = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'current' })
      .sign(secret)
    for (const forged of [`${none}.${payload}.`, token.replace(/[^.]*$/, ''), hmac]) {
      t.is(await accessTokens.verify(forged), undefined)
    }
  },
)

test.serial('access token: without a claim that RFC 9068 §2.2 requires it is none', async (t) => {
  const { claims } = await accessTokens.issue(SUBJECT)
  for (const name of ['iss', 'sub', 'aud', 'client_id', 'scope', 'iat', 'exp', 'jti']) {
    const { [name]: _removed, ...rest } = { ...claims } as Record<string, unknown>
    const token = await new SignJWT(rest)
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'current' })
      .sign(key.privateKey)
    t.is(await accessTokens.verify(token), undefined, name)
  }
})

test.serial('access token: text that is no JWT is none, and never an exception', async (t) => {
  const texts = ['', '.', '..', '...', 'a.b.c', '\0.\0.\0', '{}', 'é.é.é', 'x'.repeat(100_000)]
  for (const text of texts) t.is(await accessTokens.verify(text), undefined)
})
