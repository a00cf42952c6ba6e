import type { Rotation, TokenFamily, TokenFamilyStore } from '../../lib/storage/storage.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** Stands where a family was, for as long as it must not begin again. */
const REVOKED = 'revoked'

/** What families live by, besides their own records. */
export interface FamilyConditions {
  readonly hasConsent: (consentId: string) => boolean
  readonly hasClient: (clientId: string) => boolean
}

/** Creates the store of token families. */
export function createTokenFamilyStore(
  limits: RecordLimits,
  { hasConsent, hasClient }: FamilyConditions,
): TokenFamilyStore {
  const records = new ExpiringRecords<TokenFamily | typeof REVOKED>({
    ...limits,
    kind: 'token families',
    whenFull: 'refuse',
  })

  function findLive(familyId: string, now: number): TokenFamily | undefined {
    const record = records.find(familyId, now)
    return record === undefined || record === REVOKED || !hasConsent(record.consentId)
      ? undefined
      : record
  }

  function keep(family: TokenFamily): void {
    records.set(family.familyId, structuredClone(family), family.expiresAt)
  }

  return {
    async create(family, now) {
      if (!hasConsent(family.consentId)) return 'consent-gone'
      if (records.find(family.familyId, now) !== undefined) return 'taken'
      keep(family)
      return 'created'
    },

    async find(familyId, clientId, now) {
      const family = findLive(familyId, now)
      if (family === undefined || !hasClient(clientId)) return undefined
      return { ...structuredClone(family), foundAtMilliseconds: Date.now() }
    },

    async rotate(familyId, rotation, now) {
      if (Date.now() > rotation.deadlineMilliseconds) return { outcome: 'late' }
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
  }
}

function afterRotation(family: TokenFamily, rotation: Rotation): TokenFamily {
  const { retry: _before, ...lasting } = family
  const { refreshToken, retry, expiresAt } = rotation
  return { ...lasting, refreshToken, expiresAt, ...(retry === undefined ? {} : { retry }) }
}
