import type { ArtifactData, ArtifactStore } from '../../lib/storage/storage.ts'
import type { Connection } from './connection.ts'
import { removalOf } from './expiry.ts'
import { parseJson } from './json.ts'
import { assertIdentifier, isIdentifier } from './keys.ts'

interface StoredArtifact {
  readonly expiresAt: number
  readonly data: ArtifactData
}

/** Creates the store of authorization codes, pending requests and sessions. */
export function createArtifactStore({ client, keys }: Connection): ArtifactStore {
  return {
    async save(kind, key, data, expiresAt) {
      assertIdentifier(isIdentifier(key))
      const artifact: StoredArtifact = { expiresAt, data }
      const json = JSON.stringify(artifact)
      await client.set(keys.artifact(kind, key), json, 'EXAT', removalOf(expiresAt))
    },

    async find(kind, key, now) {
      if (!isIdentifier(key)) return undefined
      const json = await client.get(keys.artifact(kind, key))
      if (json === null) return undefined
      const { expiresAt, data } = parseJson<StoredArtifact>(json)
      return expiresAt > now ? data : undefined
    },

    async delete(kind, key) {
      if (isIdentifier(key)) await client.del(keys.artifact(kind, key))
    },
  }
}
