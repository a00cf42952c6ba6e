import type { RevokedAccessTokenStore } from '../../lib/storage/storage.ts'
import type { Connection } from './connection.ts'
import { removalOf } from './expiry.ts'
import { assertIdentifier, isIdentifier } from './keys.ts'

/** Creates the deny list of access tokens: of each its `jti`, and when it expires. */
export function createRevokedAccessTokenStore({
  client,
  keys,
}: Connection): RevokedAccessTokenStore {
  return {
    async add(jti, expiresAt) {
      assertIdentifier(isIdentifier(jti))
      await client.set(keys.revokedAccessToken(jti), expiresAt, 'EXAT', removalOf(expiresAt))
    },

    async has(jti, now) {
      if (!isIdentifier(jti)) return false
      const expiresAt = await client.get(keys.revokedAccessToken(jti))
      return expiresAt !== null && Number(expiresAt) > now
    },
  }
}
