/** Signing keys that are kept elsewhere (a KMS, an HSM): that they work, and what their failures cost. */

import { generateKeyPairSync, sign } from 'node:crypto'
import type { AuditEvent, ExternalSigningKey } from '@teamcast/oauth-server'
import { createAccessTokenVerifier } from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { startBrowser } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl, CODE_VERIFIER } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, type StartedServer, startServer } from '../helpers/start-server.ts'
import { startSigningWorker } from '../helpers/start-signing-worker.ts'
import {
  assertRefused,
  decodeJwt,
  introspect,
  redeem,
  refresh,
  requestClientCredentials,
  tokensOf,
} from '../helpers/token-requests.ts'
import { newRsaKey } from '../helpers/valid-options.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicJwk = publicKey.export({ format: 'jwk' }) as JWK
const right: ExternalSigningKey['sign'] = async (data) => sign('sha256', data, privateKey)

/** A key that signs as it is told to at the moment. */
class UnsteadyKey implements ExternalSigningKey {
  readonly publicJwk = { ...publicJwk, kid: 'kms-1' }
  behave: ExternalSigningKey['sign'] = right

  sign(data: Uint8Array): Promise<Uint8Array> {
    return this.behave(data)
  }
}

async function startWith(
  t: ExecutionContext,
  key: ExternalSigningKey,
): Promise<StartedServer & { settled(): Promise<ReadonlyArray<AuditEvent>> }> {
  const { settled, onEvent } = recordEvents()
  const server = await startServer(t, { signingKeys: [key], onEvent })
  return { ...server, settled }
}

test('external signing key: the whole flow works with a key that never leaves another thread', async (t) => {
  const key = await startSigningWorker(t)
  const server = await startWith(t, key)
  const { issuer, confidential, clock } = server
  const browser = startBrowser()
  const granted = await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const code = granted.callback?.searchParams.get('code') ?? ''
  const redirectUri = confidential.client.redirectUris[0] ?? ''
  const redeemed = await tokensOf(
    t,
    await redeem(server, confidential, { code, codeVerifier: CODE_VERIFIER, redirectUri }),
  )
  const { access_token: token } = await tokensOf(
    t,
    await refresh(server, confidential, redeemed.refresh_token),
  )

  t.is(decodeJwt(token, 'header')['kid'], await calculateJwkThumbprint(key.publicJwk))
  const verifier = createAccessTokenVerifier({ issuer, audience: issuer, clock: clock.now })
  t.like(await verifier.verify(token), { userId: 'ada', tenantId: 'acme' })
  const introspected = await introspect(server, confidential, token)
  t.like(await introspected.json(), { active: true, sub: 'ada' })
  const jwks = await (await fetch(`${issuer}/.well-known/jwks.json`)).json()
  t.deepEqual(Object.keys(jwks.keys[0]).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
})

test('external signing key: it may follow a private one, and be followed by one', async (t) => {
  const before = { ...newRsaKey(2048), kid: 'before' }
  const external = new UnsteadyKey()
  const server = await startServer(t, { signingKeys: [external, before] })
  const jwks = await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json()
  t.deepEqual(
    jwks.keys.map(({ kid }: JWK) => kid),
    ['kms-1', 'before'],
  )
  const answer = await requestClientCredentials(server, server.confidential)
  t.is(decodeJwt((await tokensOf(t, answer)).access_token, 'header')['kid'], 'kms-1')
})

const DETAIL = 'AccessDeniedException: arn:aws:kms:eu-central-1:111122223333:key/secret-name'
const FAILURES: ReadonlyArray<[name: string, sign: ExternalSigningKey['sign'], message: RegExp]> = [
  [
    'that fails',
    async () => {
      throw new Error(DETAIL)
    },
    /^the external signing key "kms-1" failed$/,
  ],
  [
    'that throws at once',
    () => {
      throw new Error(DETAIL)
    },
    /^the external signing key "kms-1" failed$/,
  ],
  [
    'that signs with another key',
    async (data) => sign('sha256', data, otherKey.privateKey),
    /made a signature that its "publicJwk" does not verify$/,
  ],
  [
    'that signs with another algorithm',
    async (data) => sign('sha512', data, privateKey),
    /made a signature that its "publicJwk" does not verify$/,
  ],
  [
    'that hashes what it is given once more',
    async (data) => sign('sha256', sign('sha256', data, privateKey), privateKey),
    /made a signature that its "publicJwk" does not verify$/,
  ],
]

for (const [name, behave, message] of FAILURES) {
  test(`external signing key: one ${name} is 503 temporarily_unavailable, and costs neither code nor refresh token (ADR 0017)`, async (t) => {
    const key = new UnsteadyKey()
    const server = await startWith(t, key)
    const { confidential } = server
    const { clientId } = confidential.client
    const authorization = await server.authorize({ userId: 'ada', clientId })

    key.behave = behave
    await assertUnavailable(t, await redeem(server, confidential, authorization))
    key.behave = right
    const { refresh_token: token } = await tokensOf(
      t,
      await redeem(server, confidential, authorization),
    )
    key.behave = behave
    await assertUnavailable(t, await refresh(server, confidential, token))
    await assertUnavailable(t, await requestClientCredentials(server, confidential))
    key.behave = right
    await tokensOf(t, await refresh(server, confidential, token))

    const events = await server.settled()
    const errors = events.flatMap((event) => (event.type === 'server.error' ? [event.error] : []))
    t.is(errors.length, 3)
    for (const error of errors) {
      t.like(error, { name: 'SigningError', code: 'ERR_SIGNING', operation: 'sign()' })
      t.regex(error.message, message)
    }
  })
}

test('external signing key: one that signs the access token and fails at the ID token leaves no family behind, and costs no code', async (t) => {
  const key = new UnsteadyKey()
  const { onEvent } = recordEvents()
  const server = await startServer(t, { signingKeys: [key], onEvent, openIdConnect: {} })
  const relyingParty = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    scopes: ['openid', 'profile', 'email'],
  })
  const { clientId } = relyingParty.client
  // Longer than some services sign as it stands (4096 bytes).
  const nonce = '長'.repeat(1024)
  const authorization = await server.authorize({ userId: 'ada', clientId, nonce })
  const isOfIdToken = (data: Uint8Array): boolean =>
    decodeJwt(Buffer.from(data).toString(), 'header')['typ'] === 'JWT'

  key.behave = async (data) => {
    if (isOfIdToken(data)) throw new Error(DETAIL)
    return right(data)
  }
  await assertUnavailable(t, await redeem(server, relyingParty, authorization))
  key.behave = right
  // A family would make this a replay of the code.
  const tokens = await tokensOf(t, await redeem(server, relyingParty, authorization))
  t.is(decodeJwt(tokens.id_token ?? '', 'payload')['nonce'], nonce)
})

async function assertUnavailable(t: ExecutionContext, response: Response): Promise<void> {
  t.truthy(response.headers.get('retry-after'))
  t.notRegex(await response.clone().text(), /kms|AccessDenied|publicJwk/)
  await assertRefused(t, response, 503, 'temporarily_unavailable')
}
