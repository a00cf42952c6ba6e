import type { EncryptedKey, EncryptedKeyStore } from '../../lib/storage/encrypted-key-store.ts'
import type { Connection } from './connection.ts'
import { parseJson } from './records.ts'
import { createScript, runScript } from './script.ts'

const UPDATE = createScript(`
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or cjson.decode(record).version ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`)

/** Creates the store of the server's own keys: one hash, as they are few and read together. */
export function createEncryptedKeyStore({ client, keys }: Connection): EncryptedKeyStore {
  return {
    async insert(key) {
      const field = fieldOf(key.purpose, key.generation)
      return Number(await client.hsetnx(keys.encryptedKeys, field, JSON.stringify(key))) === 1
    },

    async list() {
      const records = await client.hvals(keys.encryptedKeys)
      return records.map((record) => parseJson<EncryptedKey>(record))
    },

    async update(key, expectedVersion) {
      const field = fieldOf(key.purpose, key.generation)
      const parameters = [field, expectedVersion, JSON.stringify(key)]
      return Number(await runScript(client, UPDATE, [keys.encryptedKeys], parameters)) === 1
    },

    async delete(purpose, generation) {
      return Number(await client.hdel(keys.encryptedKeys, fieldOf(purpose, generation))) === 1
    },
  }
}

function fieldOf(purpose: EncryptedKey['purpose'], generation: number): string {
  return `${purpose}:${generation}`
}
