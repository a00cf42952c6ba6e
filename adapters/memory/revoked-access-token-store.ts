import type { RevokedAccessTokenStore } from '../../lib/storage/storage.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** Creates the deny list of access tokens. */
export function createRevokedAccessTokenStore(limits: RecordLimits): RevokedAccessTokenStore {
  const revoked = new ExpiringRecords<true>({
    ...limits,
    kind: 'revoked access tokens',
    whenFull: 'refuse',
  })

  return {
    async add(jti, expiresAt) {
      revoked.set(jti, true, expiresAt)
    },

    async has(jti, now) {
      return revoked.find(jti, now) !== undefined
    },
  }
}
