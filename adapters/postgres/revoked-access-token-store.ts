import type { RevokedAccessTokenStore } from '../../lib/storage/storage.ts'
import type { Database } from './schema.ts'

/** Creates the deny list of access tokens. */
export function createRevokedAccessTokenStore(db: Database): RevokedAccessTokenStore {
  return {
    async add(jti, expiresAt) {
      await db
        .insertInto('oauth_revoked_access_tokens')
        .values({ jti, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('jti').doUpdateSet({ expires_at: expiresAt }))
        .execute()
    },

    async has(jti, now) {
      const row = await db
        .selectFrom('oauth_revoked_access_tokens')
        .select('jti')
        .where('jti', '=', jti)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
