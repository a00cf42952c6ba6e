import { createAccessTokenVerifier } from '@teamcast/oauth-server/resource-server'
import test from 'ava'
import { createGivenKeys } from '../../lib/keys/key-ring.ts'
import { type AccessTokenSubject, createAccessTokens } from '../../lib/tokens/access-token.ts'
import {
  AUDIENCE,
  generateTestKey,
  NOW,
  startJwksServer,
  startResourceServer,
} from './resource-server-fixture.ts'

const { kid, privateKey } = generateTestKey('key-1')
const keys = createGivenKeys([{ ...privateKey.export({ format: 'jwk' }), kid }], [])

const ofUser: AccessTokenSubject = {
  clientId: 'client-1',
  userId: 'user-1',
  tenantId: 'tenant-1',
  familyId: 'family-1',
  scopes: ['interview:read', 'candidate:read'],
  audience: AUDIENCE,
  ttlSeconds: 900,
}
const ofTenantClient = { ...ofUser, userId: undefined, familyId: undefined }
const ofPlatformClient = { ...ofTenantClient, tenantId: undefined }

const subjects = {
  'of a user': ofUser,
  'that a TENANT client got for itself': ofTenantClient,
  'that a PLATFORM client got for itself': ofPlatformClient,
}
for (const [name, subject] of Object.entries(subjects)) {
  test(`resource server: accepts a token ${name} as the authorization server issues it (RFC 9068 §2.2)`, async (t) => {
    const jwks = await startJwksServer(t, (_request, response) => {
      response.end(JSON.stringify(keys.publishedKeys()))
    })
    const issuer = jwks.origin
    const verifier = createAccessTokenVerifier({ issuer, audience: AUDIENCE, clock: () => NOW })
    const resourceServer = await startResourceServer(t, verifier)
    const { token, claims } = await createAccessTokens({
      issuer,
      keys,
      now: () => NOW,
    }).issue(subject)

    t.is((await resourceServer.get(`Bearer ${token}`)).status, 200)
    t.deepEqual(resourceServer.passed, [
      {
        clientId: 'client-1',
        userId: subject.userId,
        subject: subject.userId ?? 'client-1',
        scopes: new Set(['interview:read', 'candidate:read']),
        tenantId: subject.tenantId,
        familyId: subject.familyId,
        tokenId: claims.jti,
        keyId: 'key-1',
        issuedAt: NOW,
        expiresAt: NOW + 900,
      },
    ])
  })
}
