import type { Rotation, TokenFamily, TokenFamilyStore } from '../../lib/storage/storage.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** Stands where a family was, for as long as it must not begin again. */
const REVOKED = 'revoked'

/** Creates the store of token families. */
export function createTokenFamilyStore(limits: RecordLimits): TokenFamilyStore {
  const familyIdsByConnection = new Map<string, Set<string>>()
  const records = new ExpiringRecords<TokenFamily | typeof REVOKED>({
    ...limits,
    kind: 'token families',
    whenFull: 'refuse',
    onRemove(familyId, record) {
      if (record === REVOKED) return
      const connection = connectionOf(record.userId, record.clientId)
      const familyIds = familyIdsByConnection.get(connection)
      familyIds?.delete(familyId)
      if (familyIds?.size === 0) familyIdsByConnection.delete(connection)
    },
  })

  function findLive(familyId: string, now: number): TokenFamily | undefined {
    const record = records.find(familyId, now)
    return record === REVOKED ? undefined : record
  }

  function keep(family: TokenFamily): void {
    records.set(family.familyId, structuredClone(family), family.expiresAt)
    const connection = connectionOf(family.userId, family.clientId)
    const familyIds = familyIdsByConnection.get(connection) ?? new Set<string>()
    familyIdsByConnection.set(connection, familyIds.add(family.familyId))
  }

  function revokeLive(familyId: string, rememberUntil: number, now: number): boolean {
    if (findLive(familyId, now) === undefined) return false
    records.set(familyId, REVOKED, rememberUntil)
    return true
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

      revokeLive(familyId, rotation.rememberRevokedUntil, now)
      return { outcome: 'reused' }
    },

    async revoke(familyId, rememberUntil, now) {
      return revokeLive(familyId, rememberUntil, now)
    },

    async revokeConnection(userId, clientId, rememberUntil, now) {
      const familyIds = [...(familyIdsByConnection.get(connectionOf(userId, clientId)) ?? [])]
      return familyIds.filter((familyId) => revokeLive(familyId, rememberUntil, now)).length
    },
  }
}

function connectionOf(userId: string, clientId: string): string {
  return JSON.stringify([userId, clientId])
}

function afterRotation(family: TokenFamily, rotation: Rotation): TokenFamily {
  const { retry: _before, ...lasting } = family
  const { refreshToken, retry, expiresAt } = rotation
  return { ...lasting, refreshToken, expiresAt, ...(retry === undefined ? {} : { retry }) }
}
