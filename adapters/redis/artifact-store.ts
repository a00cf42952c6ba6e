import type { ArtifactData, ArtifactStore } from '../../lib/storage/storage.ts'
import type { Keys } from './keys.ts'
import type { RedisCommands } from './redis-commands.ts'
import { removalOf } from './removal.ts'

interface StoredArtifact {
  readonly expiresAt: number
  readonly data: ArtifactData
}

/** Creates the store of authorization codes, pending requests and sessions. */
export function createArtifactStore(commands: RedisCommands, keys: Keys): ArtifactStore {
  return {
    async save(kind, key, data, expiresAt) {
      const artifact: StoredArtifact = { expiresAt, data }
      await commands.run(
        'SET',
        keys.artifact(kind, key),
        JSON.stringify(artifact),
        'EXAT',
        removalOf(expiresAt),
      )
    },

    async find(kind, key, now) {
      const text = await commands.run('GET', keys.artifact(kind, key))
      if (text === null) return undefined
      const { expiresAt, data } = JSON.parse(String(text)) as StoredArtifact
      return expiresAt > now ? data : undefined
    },

    async delete(kind, key) {
      await commands.run('DEL', keys.artifact(kind, key))
    },
  }
}
