/**
 * Revoking. Everything that ends tokens goes through here, so that resource servers hear of it.
 *
 * What is about to be revoked is recorded first. If the revocation itself then fails, its caller learns so
 * and tries again, while resource servers refuse the tokens already; the other way round they would go on
 * accepting them, and nobody would know.
 *
 * @module
 */

import { MAXIMUM_ACCESS_TOKEN_TTL_SECONDS, rememberRevokedUntil } from '../lifetimes.ts'
import type { Consent, RevocationKind, Storage } from '../storage/storage.ts'

/** Ends tokens. */
export interface Revoker {
  /** Revokes one access token; its family lives on. */
  revokeAccessToken(tokenId: string, expiresAt: number): Promise<void>
  /** Revokes a family. */
  revokeFamily(familyId: string): Promise<void>
  /** Records that a family was revoked: by the store itself, when it met a spent token. */
  recordRevokedFamily(familyId: string): Promise<void>
  /**
   * Deletes this very consent, and with it every family under it.
   *
   * @returns `false` when it was gone already.
   */
  revokeConsent(consent: Pick<Consent, 'consentId' | 'userId' | 'clientId'>): Promise<boolean>
  /** Records that a client was deleted. Not before it was: it may be at another version by then. */
  recordDeletedClient(clientId: string): Promise<void>
}

/** Makes the revoker of a server. */
export function createRevoker(
  { consents, families, revocations }: Pick<Storage, 'consents' | 'families' | 'revocations'>,
  now: () => number,
): Revoker {
  const record = async (kind: RevocationKind, id: string): Promise<void> => {
    await revocations.add({ kind, id, expiresAt: now() + MAXIMUM_ACCESS_TOKEN_TTL_SECONDS })
  }
  return {
    async revokeAccessToken(id, expiresAt) {
      await revocations.add({ kind: 'access-token', id, expiresAt })
    },

    async revokeFamily(familyId) {
      await record('family', familyId)
      await families.revoke(familyId, rememberRevokedUntil(now()), now())
    },

    async recordRevokedFamily(familyId) {
      await record('family', familyId)
    },

    async revokeConsent({ consentId, userId, clientId }) {
      await record('consent', consentId)
      return await consents.delete(userId, clientId, consentId)
    },

    async recordDeletedClient(clientId) {
      await record('client', clientId)
    },
  }
}
