import type { RevokedAccessTokenStore } from '../../lib/storage/storage.ts'
import type { Keys } from './keys.ts'
import type { RedisCommands } from './redis-commands.ts'
import { removalOf } from './removal.ts'

/** Creates the deny list of access tokens. */
export function createRevokedAccessTokenStore(
  commands: RedisCommands,
  keys: Keys,
): RevokedAccessTokenStore {
  return {
    async add(jti, expiresAt) {
      await commands.run(
        'SET',
        keys.revokedAccessToken(jti),
        expiresAt,
        'EXAT',
        removalOf(expiresAt),
      )
    },

    async has(jti, now) {
      const expiresAt = await commands.run('GET', keys.revokedAccessToken(jti))
      return expiresAt !== null && Number(expiresAt) > now
    },
  }
}
