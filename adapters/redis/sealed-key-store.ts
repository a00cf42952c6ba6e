import type { SealedKey, SealedKeyStore } from '../../lib/storage/storage.ts'
import type { Connection } from './connection.ts'
import { parseJson } from './json.ts'

/** Creates the store of the server's own keys: one hash, as they are few and read together. */
export function createSealedKeyStore({ client, keys }: Connection): SealedKeyStore {
  return {
    async insert(key) {
      const field = fieldOf(key.purpose, key.generation)
      return Number(await client.hsetnx(keys.sealedKeys, field, JSON.stringify(key))) === 1
    },

    async list() {
      const records = await client.hvals(keys.sealedKeys)
      return records.map((record) => parseJson<SealedKey>(record))
    },

    async delete(purpose, generation) {
      return Number(await client.hdel(keys.sealedKeys, fieldOf(purpose, generation))) === 1
    },
  }
}

function fieldOf(purpose: SealedKey['purpose'], generation: number): string {
  return `${purpose}:${generation}`
}
