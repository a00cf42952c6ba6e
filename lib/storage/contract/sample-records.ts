/**
 * Records for the cases to store. Every call makes a new one.
 *
 * @module
 */

import { sha256 } from '../../util/sha256.ts'
import type { ClientRecord } from '../client.ts'
import type { Consent, ConsentGrant, ConsentStore } from '../consent-store.ts'
import type { EncryptedKey } from '../encrypted-key-store.ts'
import type { Storage } from '../storage.ts'
import type {
  CurrentRefreshToken,
  FamilyOwner,
  FamilyRevocation,
  RefreshReplay,
  Rotation,
  TokenFamily,
} from '../token-family-store.ts'

/**
 * The time in all cases. So late that a backend which removes records by a clock of its own does not
 * remove these, and later than what fits into 32 bits.
 */
export const NOW = 4_000_000_000

/** A deadline that never passes. */
export const ANYTIME: number = Number.MAX_SAFE_INTEGER

/** A client that has everything a client can have. */
export function fullClient(changes: Partial<ClientRecord> = {}): ClientRecord {
  return {
    clientId: 'client-1',
    name: 'Zoë’s "Hiring" \\ 採用 👩🏽‍💻 <b>&amp;</b>',
    audience: 'TENANT',
    tenantId: 'tenant:1',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read', 'candidate:read'],
    redirectUris: ['https://partner.example/callback?a=1&b=%20', 'http://127.0.0.1/callback'],
    allowedGrantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: true,
    resourceServerAudiences: ['https://api.example/v1?a=1&b=%20', 'urn:example:"api"'],
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 2_592_000,
    clientUri: 'https://partner.example/',
    logoUrl: 'https://partner.example/logo.svg',
    tosUri: 'https://partner.example/terms',
    policyUri: 'https://partner.example/privacy',
    createdAt: NOW,
    updatedAt: NOW + 1,
    version: 1,
    secrets: [
      {
        secretId: 'secret-1',
        hash: sha256('secret 1'),
        hint: 'tcs_aB-_',
        createdAt: NOW,
        expiresAt: NOW + 60,
        lastUsedAt: NOW + 1,
      },
      {
        secretId: 'secret-2',
        hash: sha256('secret 2'),
        hint: 'tcs_cD-_',
        createdAt: NOW + 1,
        expiresAt: undefined,
        lastUsedAt: undefined,
      },
    ],
    ...changes,
  }
}

/** A client that has nothing it can do without. */
export function bareClient(changes: Partial<ClientRecord> = {}): ClientRecord {
  return fullClient({
    name: 'Bare',
    audience: 'PLATFORM',
    tenantId: undefined,
    clientType: 'PUBLIC',
    scopes: [],
    redirectUris: [],
    allowedGrantTypes: [],
    tokenEndpointAuthMethod: 'none',
    resourceServerAudiences: [],
    clientUri: undefined,
    logoUrl: undefined,
    tosUri: undefined,
    policyUri: undefined,
    secrets: [],
    ...changes,
  })
}

/** The id of `aGrant()`. */
export const CONSENT_ID: string = consentIdOf('user-1', 'client-1', 'tenant:1')

/** A grant of `user-1` to `client-1`. Another user, client or tenant makes it another consent. */
export function aGrant(changes: Partial<ConsentGrant> = {}): ConsentGrant {
  const { userId = 'user-1', clientId = 'client-1', tenantId = 'tenant:1' } = changes
  return {
    consentId: consentIdOf(userId, clientId, tenantId),
    userId,
    clientId,
    tenantId,
    scopes: ['interview:read', 'candidate:read'],
    requestKey: 'request-1',
    grantedAt: NOW,
    deadlineMilliseconds: ANYTIME,
    cancellation: '',
    ...changes,
  }
}

/** Deletes the consents that prevent a grant, and grants. */
export async function grantAnew(consents: ConsentStore, grant: ConsentGrant): Promise<void> {
  while ((await consents.grant(grant)) === 'obsolete') {
    const found = await consents.find(grant.userId, grant.clientId)
    if (found !== undefined) await consents.delete(found.userId, found.clientId, found.consentId)
  }
}

/** The consent that begins with `aGrant()`. */
export function aConsent(changes: Partial<ConsentGrant> = {}): Consent {
  const {
    scopes,
    requestKey: _request,
    deadlineMilliseconds: _deadline,
    cancellation: _cancellation,
    ...grant
  } = aGrant(changes)
  const { grantedAt } = grant
  return {
    ...grant,
    scopes: scopes.map((scope) => ({ scope, grantedAt })),
    createdAt: grantedAt,
    lastUsedAt: undefined,
  }
}

function consentIdOf(userId: string, clientId: string, tenantId: string): string {
  return sha256(JSON.stringify([userId, clientId, tenantId])).slice(0, 22)
}

/** The refresh token that is issued as the `index`-th of a family, from 0. It lives for an hour. */
export function refreshToken(index: number): CurrentRefreshToken {
  return { hash: sha256(`refresh token ${index}`), issuedAt: NOW, expiresAt: NOW + 3600 }
}

/** The id of a family with this secret, under `aGrant()` or another one. */
export function familyIdOf(secret: string, consentId: string = CONSENT_ID): string {
  return consentId + sha256(secret)
}

/** The owner of {@link aFamily}. */
export const OWNER: FamilyOwner = { userId: 'user-1', tenantId: 'tenant:1' }

/** A revocation of {@link aFamily}. */
export function aFamilyRevocation(rememberUntil: number): FamilyRevocation {
  return { clientId: 'client-1', rememberUntil, toleranceSeconds: 300 }
}

/** Opens a storage in which `client-1` exists and has the consent of `user-1`. */
export async function openConnected(openStorage: () => Promise<Storage>): Promise<Storage> {
  const storage = await openStorage()
  await storage.clients.insert(fullClient())
  await storage.consents.grant(aGrant())
  return storage
}

/** A family whose current refresh token is `refreshToken(0)`. It lives for two hours. */
export function aFamily(changes: Partial<TokenFamily> = {}): TokenFamily {
  return {
    familyId: familyIdOf('family 1'),
    consentId: CONSENT_ID,
    clientId: 'client-1',
    userId: 'user-1',
    tenantId: 'tenant:1',
    scopes: ['interview:read', 'candidate:read'],
    resources: ['https://api.example/v1?a=1&b=%20', 'urn:example:"api"', 'https://b.example'],
    createdAt: NOW,
    refreshToken: refreshToken(0),
    accessTokensExpireAt: NOW + 900,
    expiresAt: NOW + 7200,
    ...changes,
  }
}

/** A family of a client that may not use refresh tokens. */
export function familyWithoutRefreshToken(): TokenFamily {
  const { refreshToken: _token, ...family } = aFamily({ scopes: [] })
  return family
}

/** The rotation that uses `refreshToken(used)` and makes `refreshToken(next)` current. */
export function aRotation(used: number, next: number, changes: Partial<Rotation> = {}): Rotation {
  return {
    presentedTokenHash: refreshToken(used).hash,
    requestHash: sha256('request'),
    refreshToken: refreshToken(next),
    replay: undefined,
    accessTokensExpireAt: NOW + 900,
    expiresAt: NOW + 7200,
    deadlineMilliseconds: ANYTIME,
    ...changes,
  }
}

/** What a rotation keeps for a client that asks again; for 30 seconds. */
export function aReplay(used: number, encryptedResponse: string): RefreshReplay {
  return {
    usedTokenHash: refreshToken(used).hash,
    requestHash: sha256('request'),
    encryptedResponse,
    until: NOW + 30,
  }
}

/** A key of the server: the first that signs, unless changed. */
export const anEncryptedKey = (changes: Partial<EncryptedKey> = {}): EncryptedKey => ({
  keyId: 'key-1',
  purpose: 'signing',
  generation: 1,
  encrypted: 'encrypted "key" \\',
  createdAt: NOW,
  activatesAt: NOW + 86_400,
  version: 1,
  ...changes,
})
