import type { EncryptedKey, EncryptedKeyStore } from '../../lib/storage/encrypted-key-store.ts'

/** Creates the store of the server's own keys. */
export function createEncryptedKeyStore(): EncryptedKeyStore {
  const keys = new Map<string, EncryptedKey>()

  return {
    async insert(key) {
      const place = placeOf(key.purpose, key.generation)
      if (keys.has(place)) return false
      keys.set(place, { ...key })
      return true
    },

    async list() {
      return structuredClone([...keys.values()])
    },

    async update(key, expectedVersion) {
      const place = placeOf(key.purpose, key.generation)
      if (keys.get(place)?.version !== expectedVersion) return false
      keys.set(place, { ...key })
      return true
    },

    async delete(purpose, generation) {
      return keys.delete(placeOf(purpose, generation))
    },
  }
}

function placeOf(purpose: EncryptedKey['purpose'], generation: number): string {
  return `${purpose} ${generation}`
}
