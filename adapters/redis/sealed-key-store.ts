import type { SealedKey, SealedKeyStore } from '../../lib/storage/storage.ts'
import type { Keys } from './keys.ts'
import type { RedisCommands } from './redis-commands.ts'

/** Creates the store of the server's own keys: one hash. */
export function createSealedKeyStore(commands: RedisCommands, keys: Keys): SealedKeyStore {
  const fieldOf = (purpose: SealedKey['purpose'], generation: number): string =>
    `${purpose}:${generation}`

  return {
    async insert(key) {
      const field = fieldOf(key.purpose, key.generation)
      return (await commands.run('HSETNX', keys.sealedKeys, field, JSON.stringify(key))) === 1
    },

    async list() {
      const texts = (await commands.run('HVALS', keys.sealedKeys)) as ReadonlyArray<string>
      return texts.map((text) => JSON.parse(text) as SealedKey)
    },

    async delete(purpose, generation) {
      return (await commands.run('HDEL', keys.sealedKeys, fieldOf(purpose, generation))) === 1
    },
  }
}
