import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { type ConsentStore, WITHDRAWAL_SECONDS } from '../../lib/storage/consent-store.ts'
import { CONSENT_COLUMNS, consentFrom, isConsent, laterExpiryIn } from './consent-rows.ts'
import { NOW_MILLISECONDS } from './deadline.ts'
import { createGrant } from './grant-consent.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database } from './schema.ts'
import type { RunStatement } from './statement-runner.ts'

/** Creates the store of consents. */
export function createConsentStore(db: Database, run: RunStatement): ConsentStore {
  const find = prepareQuery(run, (values: { readonly userId: string; readonly clientId: string }) =>
    db
      .selectFrom('consents')
      .select(CONSENT_COLUMNS)
      .where('user_id', '=', values.userId)
      .where('client_id', '=', values.clientId),
  )
  const findTimed = prepareQuery(
    run,
    (values: { readonly userId: string; readonly clientId: string }) =>
      db
        .selectFrom(db.selectNoFrom(NOW_MILLISECONDS.as('now_milliseconds')).as('clock'))
        .leftJoin('consents', (join) =>
          join
            .on('consents.user_id', '=', values.userId)
            .on('consents.client_id', '=', values.clientId),
        )
        .leftJoin('granting_users', (join) => join.on('granting_users.user_id', '=', values.userId))
        .select(CONSENT_COLUMNS.map((column) => `consents.${column}` as const))
        .select(['now_milliseconds', 'cancellation']),
  )

  return {
    grant: createGrant(db, run),

    async find(userId, clientId) {
      const [row] = await find({ userId, clientId })
      return row && consentFrom(row)
    },

    async findTimed(userId, clientId) {
      const [row] = await findTimed({ userId, clientId })
      return {
        consent: row && isConsent(row) ? consentFrom(row) : undefined,
        foundAtMilliseconds: Number(row?.now_milliseconds),
        cancellation: row?.cancellation ?? '',
      }
    },

    async list(userId) {
      const rows = await db
        .selectFrom('consents')
        .select(CONSENT_COLUMNS)
        .where('user_id', '=', userId)
        .orderBy('granted_at', 'desc')
        .execute()
      return rows.map(consentFrom)
    },

    async listBatch(of, limit) {
      const rows = await db
        .selectFrom('consents')
        .select(CONSENT_COLUMNS)
        .where((eb) =>
          'tenantId' in of ? eb('tenant_id', '=', of.tenantId) : eb('client_id', '=', of.clientId),
        )
        .limit(limit)
        .execute()
      return rows.map(consentFrom)
    },

    // Two statements: the second sees every grant that the first has waited for.
    async withdraw(request, now) {
      await db
        .insertInto('granting_requests')
        .values({
          user_id: request.userId,
          client_id: request.clientId,
          request_key: request.requestKey,
          is_withdrawn: true,
          expires_at: now + WITHDRAWAL_SECONDS,
        })
        .onConflict((conflict) =>
          conflict.columns(['request_key', 'user_id', 'client_id']).doUpdateSet({
            is_withdrawn: true,
            expires_at: laterExpiryIn('granting_requests'),
          }),
        )
        .execute()
      const row = await db
        .updateTable('consents')
        .set({
          scope_grants: sql`(
            select coalesce(jsonb_object_agg(scope, remaining), '{}')
            from (
              select key as scope,
                case jsonb_typeof(value) when 'object' then value - ${request.requestKey}::text else value end as remaining
              from jsonb_each(scope_grants)
            ) as withdrawn
            where remaining <> '{}')`,
        })
        .where('user_id', '=', request.userId)
        .where('client_id', '=', request.clientId)
        .returning(CONSENT_COLUMNS)
        .executeTakeFirst()
      return row && consentFrom(row)
    },

    async cancelGrants(userId, now) {
      await db
        .insertInto('granting_users')
        .values({
          user_id: userId,
          cancellation: randomUUID(),
          expires_at: now + WITHDRAWAL_SECONDS,
        })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet({
            cancellation: sql`excluded.cancellation`,
            expires_at: laterExpiryIn('granting_users'),
          }),
        )
        .execute()
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
