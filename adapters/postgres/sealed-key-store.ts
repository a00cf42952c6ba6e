import type { SealedKey, SealedKeyStore } from '../../lib/storage/storage.ts'
import type { Database } from './schema.ts'

/** Creates the store of the server's own keys. */
export function createSealedKeyStore(db: Database): SealedKeyStore {
  return {
    async insert({ keyId, purpose, generation, sealed, createdAt }) {
      const inserted = await db
        .insertInto('oauth_sealed_keys')
        .values({ key_id: keyId, purpose, generation, sealed, created_at: createdAt })
        .onConflict((conflict) => conflict.columns(['purpose', 'generation']).doNothing())
        .returning('key_id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    async list() {
      const rows = await db.selectFrom('oauth_sealed_keys').selectAll().execute()
      return rows.map((row) => ({
        keyId: row.key_id,
        purpose: row.purpose as SealedKey['purpose'],
        generation: row.generation,
        sealed: row.sealed,
        createdAt: Number(row.created_at),
      }))
    },

    async delete(purpose, generation) {
      const deleted = await db
        .deleteFrom('oauth_sealed_keys')
        .where('purpose', '=', purpose)
        .where('generation', '=', generation)
        .returning('key_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}
