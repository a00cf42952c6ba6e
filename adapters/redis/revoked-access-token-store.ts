import type { RevokedAccessTokenStore } from '../../lib/storage/storage.ts'
import { EXPIRY_MARGIN_SECONDS, type Keys } from './keys.ts'
import type { RedisCommands } from './redis-commands.ts'

/** Creates the deny list of access tokens. */
export function createRevokedAccessTokenStore(
  commands: RedisCommands,
  keys: Keys,
): RevokedAccessTokenStore {
  return {
    async add(jti, expiresAt) {
      const removeAt = expiresAt + EXPIRY_MARGIN_SECONDS
      await commands.run('SET', keys.revokedAccessToken(jti), expiresAt, 'EXAT', removeAt)
    },

    async has(jti, now) {
      const expiresAt = await commands.run('GET', keys.revokedAccessToken(jti))
      return expiresAt !== null && Number(expiresAt) > now
    },
  }
}
