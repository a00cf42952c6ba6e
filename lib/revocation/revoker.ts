/**
 * Revocation. Everything that ends tokens goes through here and is added to the revocation feed.
 *
 * The store revokes a family and records it in one step. Everything else is recorded before it is revoked. If the
 * revocation then fails, the caller retries it, and resource servers reject the tokens already. The other way
 * round they would accept them without anybody noticing. The one exception is the deletion of a client: a refused one must change nothing, and only the store
 * knows whether it is. It is recorded right after. If that fails, the caller repeats the deletion, which records it.
 *
 * An entry lasts for as long as any verifier accepts the tokens it revokes.
 *
 * @module
 */

import { accessTokensExpireAt } from '../clients/issued-access-tokens.ts'
import { MAXIMUM_VERIFIER_TOLERANCE_SECONDS, rememberFamilyUntil } from '../lifetimes.ts'
import type { ClientRecord } from '../storage/client.ts'
import type { Consent } from '../storage/consent-store.ts'
import type { RevocationKind } from '../storage/revocation-store.ts'
import type { Storage } from '../storage/storage.ts'
import type { FamilyOwner, TokenFamily } from '../storage/token-family-store.ts'

/** A token family that does not exist yet. */
export type FamilyToPrevent = Pick<
  TokenFamily,
  'familyId' | 'consentId' | 'clientId' | 'userId' | 'tenantId'
>

type RevocableFamily = Pick<TokenFamily, 'familyId' | 'clientId'>

/** Revokes tokens. */
export interface Revoker {
  /** Revokes one access token, not its family. */
  revokeAccessToken(tokenId: string, expiresAt: number): Promise<void>
  /**
   * Revokes a family of a client.
   *
   * @returns The owner; `undefined` when it does not exist or is another client's.
   */
  revokeFamily(family: RevocableFamily): Promise<FamilyOwner | undefined>
  /**
   * Revokes a family that may be about to be created: it never becomes valid.
   *
   * @returns `false` when it was revoked before.
   */
  preventFamily(family: FamilyToPrevent): Promise<boolean>
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
  ): Promise<Result> {
    const before = await clients.find(clientId)
    const at = now()
    await record(kind, id, accessTokensExpireAt(before, at))
    const result = await revoke()
    // Tokens issued until now may have a longer lifetime, if the client was changed.
    const after = await clients.find(clientId)
    const expiresAt = accessTokensExpireAt(after ?? before, at)
    if (expiresAt > accessTokensExpireAt(before, at)) await record(kind, id, expiresAt)
    return result
  }

  async function revokeFamily({
    familyId,
    clientId,
  }: RevocableFamily): Promise<FamilyOwner | undefined> {
    const at = now()
    const rememberUntil = rememberFamilyUntil(at)
    const toleranceSeconds = MAXIMUM_VERIFIER_TOLERANCE_SECONDS
    return await families.revoke(familyId, { clientId, rememberUntil, toleranceSeconds }, at)
  }

  return {
    async revokeAccessToken(id, expiresAt) {
      await record('access-token', id, expiresAt)
    },

    revokeFamily,

    async preventFamily(prevented) {
      const { familyId, clientId } = prevented
      const client = await clients.find(clientId)
      if (client === undefined) return false // no token of the client is valid
      const createdAt = now()
      // A family can be created only once, so a later attempt finds this one.
      const empty = { scopes: [], resources: [], createdAt, accessTokensExpireAt: createdAt }
      const family = { ...prevented, ...empty, expiresAt: rememberFamilyUntil(createdAt) }
      await families.create(family, createdAt, Number.MAX_SAFE_INTEGER)
      const found = await families.find(familyId, clientId, createdAt)
      return found !== undefined && (await revokeFamily(prevented)) !== undefined
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
