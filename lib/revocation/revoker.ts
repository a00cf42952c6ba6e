/**
 * Revocation. Everything that ends tokens goes through here and is added to the revocation feed.
 *
 * The entry is recorded before the revocation. If the revocation then fails, the caller retries it, and
 * resource servers reject the tokens already. The other way round they would accept them without anybody
 * noticing. Two cases cannot be known before: a family that a store revoked when concurrent requests used one
 * token, and a client that was deleted at the expected version. Those are recorded right after.
 *
 * An entry lasts for as long as any verifier accepts the tokens it revokes.
 *
 * @module
 */

import { type AccessTokenLifetimes, accessTokensExpireAt } from '../clients/issued-access-tokens.ts'
import { MAXIMUM_VERIFIER_TOLERANCE_SECONDS, rememberFamilyUntil } from '../lifetimes.ts'
import type { ClientRecord } from '../storage/client.ts'
import type { Consent } from '../storage/consent-store.ts'
import type { RevocationKind } from '../storage/revocation-store.ts'
import type { Storage } from '../storage/storage.ts'
import type { TokenFamily } from '../storage/token-family-store.ts'

/** A token family that does not exist yet. */
export type FamilyToPrevent = Pick<
  TokenFamily,
  'familyId' | 'consentId' | 'clientId' | 'userId' | 'tenantId'
>

/** Revokes tokens. */
export interface Revoker {
  /** Revokes one access token, not its family. */
  revokeAccessToken(tokenId: string, expiresAt: number): Promise<void>
  /**
   * Revokes a family.
   *
   * @param cachedClient Its client, if the caller has it: saves a call of the store.
   */
  revokeFamily(
    family: Pick<TokenFamily, 'familyId' | 'clientId'>,
    cachedClient?: AccessTokenLifetimes,
  ): Promise<void>
  /** Revokes a family that may be about to be created: it never becomes valid. */
  preventFamily(family: FamilyToPrevent): Promise<void>
  /** Records a family that the store revoked itself, because a used refresh token was presented. */
  recordRevokedFamily(family: Pick<TokenFamily, 'familyId' | 'clientId'>): Promise<void>
  /**
   * Deletes a consent and every token family under it.
   *
   * @returns `false` when it was already deleted.
   */
  revokeConsent(consent: Pick<Consent, 'consentId' | 'userId' | 'clientId'>): Promise<boolean>
  /**
   * Records that a client was deleted. Call it after the deletion.
   *
   * @param client The deleted record; `undefined` when it was deleted earlier.
   */
  recordDeletedClient(clientId: string, client: ClientRecord | undefined): Promise<void>
}

/**
 * Creates the revoker of a server.
 *
 * @param storage Its client store must not be cached.
 */
export function createRevoker(
  {
    clients,
    consents,
    families,
    revocations,
  }: Pick<Storage, 'clients' | 'consents' | 'families' | 'revocations'>,
  now: () => number,
): Revoker {
  async function record(kind: RevocationKind, id: string, tokensExpireAt: number): Promise<void> {
    const expiresAt = tokensExpireAt + MAXIMUM_VERIFIER_TOLERANCE_SECONDS
    await revocations.add({ kind, id, expiresAt })
  }

  /** Records a revocation of tokens of a client, then revokes them. */
  async function recordAndRevoke<Result>(
    clientId: string,
    kind: RevocationKind,
    id: string,
    revoke: () => Promise<Result>,
    cachedClient?: AccessTokenLifetimes,
  ): Promise<Result> {
    const before = cachedClient ?? (await clients.find(clientId))
    const at = now()
    await record(kind, id, accessTokensExpireAt(before, at))
    const result = await revoke()
    // Tokens issued until now may have a longer lifetime, if the client was changed.
    const after = await clients.find(clientId)
    const expiresAt = accessTokensExpireAt(after ?? before, at)
    if (expiresAt > accessTokensExpireAt(before, at)) await record(kind, id, expiresAt)
    return result
  }

  return {
    async revokeAccessToken(id, expiresAt) {
      await record('access-token', id, expiresAt)
    },

    async revokeFamily({ familyId, clientId }, cachedClient) {
      const revoke = (): Promise<boolean> =>
        families.revoke(familyId, rememberFamilyUntil(now()), now())
      await recordAndRevoke(clientId, 'family', familyId, revoke, cachedClient)
    },

    async preventFamily(family) {
      await recordAndRevoke(family.clientId, 'family', family.familyId, async () => {
        const createdAt = now()
        const expiresAt = rememberFamilyUntil(createdAt)
        // A family can be created only once, so a later attempt finds it taken and revoked.
        const empty = { ...family, scopes: [], resources: [], createdAt, expiresAt }
        await families.create(empty, createdAt, Number.MAX_SAFE_INTEGER)
        await families.revoke(family.familyId, expiresAt, createdAt)
      })
    },

    async recordRevokedFamily({ familyId, clientId }) {
      await record('family', familyId, accessTokensExpireAt(await clients.find(clientId), now()))
    },

    async revokeConsent({ consentId, userId, clientId }) {
      return await recordAndRevoke(clientId, 'consent', consentId, () =>
        consents.delete(userId, clientId, consentId),
      )
    },

    async recordDeletedClient(clientId, client) {
      await record('client', clientId, accessTokensExpireAt(client, now()))
    },
  }
}
