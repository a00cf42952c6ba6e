import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Consent, ConsentStore } from '../../lib/storage/consent-store.ts'
import { inTime, NOW_MILLISECONDS, requireInTime } from './deadline.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database, OAuthDatabase } from './schema.ts'

const COLUMNS = [
  'user_id',
  'client_id',
  'consent_id',
  'tenant_id',
  'scope_grants',
  'created_at',
  'granted_at',
  'last_used_at',
] as const

type ConsentRow = Selectable<OAuthDatabase['consents']>

/** Creates the store of consents. */
export function createConsentStore(db: Database): ConsentStore {
  const find = prepareQuery(db, (values: { readonly userId: string; readonly clientId: string }) =>
    db
      .selectFrom('consents')
      .select(COLUMNS)
      .where('user_id', '=', values.userId)
      .where('client_id', '=', values.clientId),
  )
  const findTimed = prepareQuery(
    db,
    (values: { readonly userId: string; readonly clientId: string }) =>
      db
        .selectFrom(db.selectNoFrom(NOW_MILLISECONDS.as('now_milliseconds')).as('clock'))
        .leftJoin('consents', (join) =>
          join
            .on('consents.user_id', '=', values.userId)
            .on('consents.client_id', '=', values.clientId),
        )
        .select(COLUMNS)
        .select('now_milliseconds'),
  )

  return {
    async grant(grant) {
      const { grantedAt } = grant
      const scopeGrants = Object.fromEntries(grant.scopes.map((scope) => [scope, grantedAt]))
      const query = db
        .insertInto('consents')
        .values({
          user_id: grant.userId,
          client_id: grant.clientId,
          consent_id: grant.consentId,
          tenant_id: grant.tenantId,
          scope_grants: JSON.stringify(scopeGrants),
          created_at: grantedAt,
          granted_at: grantedAt,
        })
        .onConflict((conflict) =>
          conflict.columns(['user_id', 'client_id']).doUpdateSet({
            consent_id: keptInTenant(sql`consents.consent_id`, sql`excluded.consent_id`),
            tenant_id: sql`excluded.tenant_id`,
            // Where both have a scope, the right side's stays.
            scope_grants: keptInTenant(
              sql`excluded.scope_grants || consents.scope_grants`,
              sql`excluded.scope_grants`,
            ),
            created_at: keptInTenant(sql`consents.created_at`, sql`excluded.created_at`),
            granted_at: sql`excluded.granted_at`,
            last_used_at: keptInTenant(sql`consents.last_used_at`, sql`null`),
          }),
        )
        .returning(requireInTime(String(grant.deadlineMilliseconds)).as('late'))
      return (await inTime(() => query.execute())) === 'late' ? 'late' : 'granted'
    },

    async find(userId, clientId) {
      const [row] = await find({ userId, clientId })
      return row && consentFrom(row)
    },

    async findTimed(userId, clientId) {
      const [row] = await findTimed({ userId, clientId })
      return {
        consent: row && isConsent(row) ? consentFrom(row) : undefined,
        foundAtMilliseconds: Number(row?.now_milliseconds),
      }
    },

    async list(userId) {
      const rows = await db
        .selectFrom('consents')
        .select(COLUMNS)
        .where('user_id', '=', userId)
        .orderBy('granted_at', 'desc')
        .execute()
      return rows.map(consentFrom)
    },

    async listBatch(of, limit) {
      const rows = await db
        .selectFrom('consents')
        .select(COLUMNS)
        .where((eb) =>
          'tenantId' in of ? eb('tenant_id', '=', of.tenantId) : eb('client_id', '=', of.clientId),
        )
        .limit(limit)
        .execute()
      return rows.map(consentFrom)
    },

    async removeScopes({ consentId, userId, clientId }, scopes) {
      const removed = sql`array(select jsonb_array_elements_text(${JSON.stringify(scopes)}::jsonb))`
      const updated = await db
        .updateTable('consents')
        .set({ scope_grants: sql`scope_grants - ${removed}` })
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .where('consent_id', '=', consentId)
        .returning('consent_id')
        .executeTakeFirst()
      return updated !== undefined
    },

    async delete(userId, clientId, expectedConsentId) {
      const deleted = await db
        .deleteFrom('consents')
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .$if(expectedConsentId !== undefined, (query) =>
          query.where('consent_id', '=', expectedConsentId ?? ''),
        )
        .returning('consent_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}

/** What a consent that exists keeps; in another tenant it becomes a new one instead. */
function keptInTenant<Value>(kept: RawBuilder<Value>, fresh: RawBuilder<Value>): RawBuilder<Value> {
  return sql`case when consents.tenant_id = excluded.tenant_id then ${kept} else ${fresh} end`
}

/** Whether a left join found a consent: it has all columns, or none. */
function isConsent(
  row: {
    readonly [Column in keyof ConsentRow]: ConsentRow[Column] | null
  },
): row is ConsentRow {
  return row.consent_id !== null
}

function consentFrom(row: ConsentRow): Consent {
  return {
    consentId: row.consent_id,
    userId: row.user_id,
    clientId: row.client_id,
    tenantId: row.tenant_id,
    scopes: Object.entries(row.scope_grants)
      .map(([scope, grantedAt]) => ({ scope, grantedAt }))
      .sort((left, right) => left.grantedAt - right.grantedAt),
    createdAt: Number(row.created_at),
    grantedAt: Number(row.granted_at),
    lastUsedAt: row.last_used_at === null ? undefined : Number(row.last_used_at),
  }
}
