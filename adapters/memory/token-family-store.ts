import type { Rotation, TokenFamily, TokenFamilyStore } from '../../lib/storage/storage.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** Stands where a family was, for as long as it must not begin again. */
const REVOKED = 'revoked'

/** Creates the store of token families. */
export function createTokenFamilyStore(limits: RecordLimits): TokenFamilyStore {
  const records = new ExpiringRecords<TokenFamily | typeof REVOKED>({
    ...limits,
    kind: 'token families',
    whenFull: 'refuse',
  })

  function findLive(familyId: string, now: number): TokenFamily | undefined {
    const record = records.find(familyId, now)
    return record === REVOKED ? undefined : record
  }

  function keep(family: TokenFamily): void {
    records.set(family.familyId, structuredClone(family), family.expiresAt)
  }

  return {
    async create(family, now) {
      if (records.find(family.familyId, now) !== undefined) return false
      keep(family)
      return true
    },

    async find(familyId, now) {
      return structuredClone(findLive(familyId, now))
    },

    async rotate(familyId, rotation, now) {
      const family = findLive(familyId, now)
      if (family === undefined) return { outcome: 'gone' }

      const { refreshToken, retry } = family
      if (refreshToken?.hash === rotation.presentedTokenHash) {
        if (refreshToken.expiresAt <= now) return { outcome: 'gone' }
        keep(afterRotation(family, rotation))
        return { outcome: 'rotated' }
      }

      const isRetry =
        retry?.spentTokenHash === rotation.presentedTokenHash &&
        retry.requestHash === rotation.requestHash &&
        now < retry.until
      if (isRetry) return { outcome: 'retried', sealedResponse: retry.sealedResponse }

      records.set(familyId, REVOKED, rotation.rememberRevokedUntil)
      return { outcome: 'reused' }
    },

    async revoke(familyId, rememberUntil, now) {
      if (findLive(familyId, now) === undefined) return false
      records.set(familyId, REVOKED, rememberUntil)
      return true
    },

    // Visits every family. An index by user and client would be kept up at every rotation, for
    // something that a user does once in a while.
    async revokeConnection(userId, clientId, rememberUntil, now) {
      const families = records
        .list(now)
        .filter((record) => record !== REVOKED)
        .filter((family) => family.userId === userId && family.clientId === clientId)
      for (const { familyId } of families) records.set(familyId, REVOKED, rememberUntil)
      return families.length
    },
  }
}

function afterRotation(family: TokenFamily, rotation: Rotation): TokenFamily {
  const { retry: _before, ...lasting } = family
  const { refreshToken, retry, expiresAt } = rotation
  return { ...lasting, refreshToken, expiresAt, ...(retry === undefined ? {} : { retry }) }
}
