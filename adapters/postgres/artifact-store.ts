import type { ArtifactData, ArtifactStore } from '../../lib/storage/storage.ts'
import type { Database } from './schema.ts'

/** Creates the store of authorization codes, pending requests and sessions. */
export function createArtifactStore(db: Database): ArtifactStore {
  return {
    async save(kind, key, data, expiresAt) {
      const content = { data: JSON.stringify(data), expires_at: expiresAt }
      await db
        .insertInto('oauth_artifacts')
        .values({ kind, key, ...content })
        .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(content))
        .execute()
    },

    async find(kind, key, now) {
      const row = await db
        .selectFrom('oauth_artifacts')
        .select('data')
        .where('kind', '=', kind)
        .where('key', '=', key)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return row && (JSON.parse(row.data) as ArtifactData)
    },

    async delete(kind, key) {
      await db
        .deleteFrom('oauth_artifacts')
        .where('kind', '=', kind)
        .where('key', '=', key)
        .execute()
    },
  }
}
