/**
 * Revoking. Everything that ends tokens goes through here, so that resource servers hear of it.
 *
 * What is about to be revoked is recorded first. If the revocation itself then fails, its caller learns so
 * and tries again, while resource servers refuse the tokens already; the other way round they would go on
 * accepting them, and nobody would know.
 *
 * What is recorded lasts for as long as any verifier accepts the tokens that it is about.
 *
 * @module
 */

import type { ClientRecord } from '../clients/client.ts'
import { accessTokensExpireAt } from '../clients/issued-access-tokens.ts'
import { MAXIMUM_VERIFIER_TOLERANCE_SECONDS, rememberRevokedUntil } from '../lifetimes.ts'
import type { Consent, RevocationKind, Storage, TokenFamily } from '../storage/storage.ts'

/** What is known of a family before it begins. */
export type FamilyToPrevent = Pick<
  TokenFamily,
  'familyId' | 'consentId' | 'clientId' | 'userId' | 'tenantId'
>

/** Ends tokens. */
export interface Revoker {
  /** Revokes one access token; its family lives on. */
  revokeAccessToken(tokenId: string, expiresAt: number): Promise<void>
  /** Revokes a family. */
  revokeFamily(family: Pick<TokenFamily, 'familyId' | 'clientId'>): Promise<void>
  /** Revokes a family that may be about to begin: then it never does. */
  preventFamily(family: FamilyToPrevent): Promise<void>
  /** Records that a family was revoked: by the store itself, when it met a spent token. */
  recordRevokedFamily(family: Pick<TokenFamily, 'familyId' | 'clientId'>): Promise<void>
  /**
   * Deletes this very consent, and with it every family under it.
   *
   * @returns `false` when it was gone already.
   */
  revokeConsent(consent: Pick<Consent, 'consentId' | 'userId' | 'clientId'>): Promise<boolean>
  /**
   * Records that a client was deleted. Not before it was: it may be at another version by then.
   *
   * @param client As it was; `undefined` when it had been deleted before.
   */
  recordDeletedClient(clientId: string, client: ClientRecord | undefined): Promise<void>
}

/**
 * Creates the revoker of a server.
 *
 * @param storage Finds clients as they are at that moment: not ones that are remembered.
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

  /** Records that tokens of a client are revoked, and revokes them. */
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
    // Until then tokens were issued, with a longer lifetime maybe, which somebody gave the client meanwhile.
    const after = await clients.find(clientId)
    const expiresAt = accessTokensExpireAt(after ?? before, at)
    if (expiresAt > accessTokensExpireAt(before, at)) await record(kind, id, expiresAt)
    return result
  }

  return {
    async revokeAccessToken(id, expiresAt) {
      await record('access-token', id, expiresAt)
    },

    async revokeFamily({ familyId, clientId }) {
      await recordAndRevoke(clientId, 'family', familyId, () =>
        families.revoke(familyId, rememberRevokedUntil(now()), now()),
      )
    },

    async preventFamily(family) {
      await recordAndRevoke(family.clientId, 'family', family.familyId, async () => {
        const createdAt = now()
        const expiresAt = rememberRevokedUntil(createdAt)
        // Whoever creates it first is the only one who does; it is revoked then, and stays taken.
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
