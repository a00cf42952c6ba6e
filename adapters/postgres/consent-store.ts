import { type Selectable, sql } from 'kysely'
import type { Consent, ConsentStore } from '../../lib/storage/storage.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database, OAuthDatabase } from './schema.ts'

/** Creates the store of consents. */
export function createConsentStore(db: Database): ConsentStore {
  const find = prepareQuery(db, (values: { readonly userId: string; readonly clientId: string }) =>
    db
      .selectFrom('oauth_consents')
      .selectAll()
      .where('user_id', '=', values.userId)
      .where('client_id', '=', values.clientId),
  )

  return {
    async grant(consent) {
      const { scopes } = consent
      await db
        .insertInto('oauth_consents')
        .values({
          user_id: consent.userId,
          client_id: consent.clientId,
          consent_id: consent.consentId,
          tenant_id: consent.tenantId,
          scopes: [...new Set(scopes)],
          granted_at: consent.grantedAt,
        })
        .onConflict((conflict) =>
          conflict.columns(['user_id', 'client_id']).doUpdateSet({
            tenant_id: consent.tenantId,
            granted_at: consent.grantedAt,
            scopes: sql`array(select distinct unnest(oauth_consents.scopes || excluded.scopes))`,
          }),
        )
        .execute()
    },

    async find(userId, clientId) {
      const [row] = await find({ userId, clientId })
      return row && consentFrom(row)
    },

    async list(userId) {
      const rows = await db
        .selectFrom('oauth_consents')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('granted_at', 'desc')
        .execute()
      return rows.map(consentFrom)
    },

    async delete(userId, clientId) {
      const deleted = await db
        .deleteFrom('oauth_consents')
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .returning('consent_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}

function consentFrom(row: Selectable<OAuthDatabase['oauth_consents']>): Consent {
  return {
    consentId: row.consent_id,
    userId: row.user_id,
    clientId: row.client_id,
    tenantId: row.tenant_id,
    scopes: row.scopes,
    grantedAt: Number(row.granted_at),
  }
}
