import { randomUUID } from 'node:crypto'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import {
  type Consent,
  type ConsentGrant,
  type ConsentStore,
  firstGrantedAt,
  MAXIMUM_GRANTING_REQUESTS,
  WITHDRAWAL_SECONDS,
} from '../../lib/storage/consent-store.ts'
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

const REQUEST_COLUMNS = [
  'user_id',
  'client_id',
  'request_key',
  'is_withdrawn',
  'expires_at',
] as const

type ConsentRow = Selectable<OAuthDatabase['consents']>

/** A grant, as its statement takes it. */
interface GrantValues extends Omit<ConsentGrant, 'scopes' | 'deadlineMilliseconds'> {
  /** JSON of the scopes' `ScopeGrants`. */
  readonly scopeGrants: string
  readonly withdrawableUntil: number
  readonly deadlineMilliseconds: string
}

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
        .leftJoin('granting_users', (join) => join.on('granting_users.user_id', '=', values.userId))
        .select(COLUMNS.map((column) => `consents.${column}` as const))
        .select(['now_milliseconds', 'cancellation']),
  )

  const grantQuery = prepareQuery(db, (values: GrantValues) =>
    db
      .with('granting_user', (context) =>
        context
          .insertInto('granting_users')
          .values({
            user_id: values.userId,
            cancellation: '',
            expires_at: values.withdrawableUntil,
          })
          .onConflict((conflict) =>
            conflict.column('user_id').doUpdateSet({ expires_at: laterExpiryIn('granting_users') }),
          )
          .returning('cancellation'),
      )
      .with('request', (context) =>
        context
          .insertInto('granting_requests')
          .columns(REQUEST_COLUMNS)
          .expression((eb) =>
            eb
              .selectFrom('granting_user')
              .select([
                sql<string>`${values.userId}::text`.as('user_id'),
                sql<string>`${values.clientId}::text`.as('client_id'),
                sql<string>`${values.requestKey}::text`.as('request_key'),
                sql<boolean>`false`.as('is_withdrawn'),
                sql<number>`${values.withdrawableUntil}::bigint`.as('expires_at'),
              ])
              .where('cancellation', '=', values.cancellation),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['request_key', 'user_id', 'client_id'])
              .doUpdateSet({ expires_at: sql`excluded.expires_at` })
              .where('granting_requests.is_withdrawn', '=', false),
          )
          .returning('request_key'),
      )
      .with('granted', (context) =>
        context
          .insertInto('consents')
          .columns(COLUMNS)
          .expression((eb) =>
            eb
              .selectFrom('request')
              .select([
                sql<string>`${values.userId}::text`.as('user_id'),
                sql<string>`${values.clientId}::text`.as('client_id'),
                sql<string>`${values.consentId}::text`.as('consent_id'),
                sql<string>`${values.tenantId}::text`.as('tenant_id'),
                sql<string>`${values.scopeGrants}::jsonb`.as('scope_grants'),
                sql<number>`${values.grantedAt}::bigint`.as('created_at'),
                sql<number>`${values.grantedAt}::bigint`.as('granted_at'),
                sql<null>`null::bigint`.as('last_used_at'),
              ]),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['user_id', 'client_id'])
              .doUpdateSet({
                scope_grants: sql`consents.scope_grants || ${ADDED_GRANTS}`,
                granted_at: sql`excluded.granted_at`,
              })
              .where('consents.tenant_id', '=', sql<string>`excluded.tenant_id`)
              .where(sql<boolean>`consents.scope_grants <> '{}'`),
          )
          .returning('consent_id'),
      )
      .selectFrom('granting_user')
      .leftJoin('request', (join) => join.onTrue())
      .leftJoin('granted', (join) => join.onTrue())
      .select([
        'granting_user.cancellation',
        'request.request_key',
        'granted.consent_id',
        // Evaluated for the row that all of these make, after they have waited for locks.
        requireInTime(values.deadlineMilliseconds).as('late'),
      ]),
  )

  return {
    async grant({ scopes, ...grant }) {
      const { requestKey, grantedAt } = grant
      const scopeGrants = scopes.map((scope) => [scope, { [requestKey]: grantedAt }])
      const rows = await inTime(() =>
        grantQuery({
          ...grant,
          scopeGrants: JSON.stringify(Object.fromEntries(scopeGrants)),
          withdrawableUntil: grantedAt + WITHDRAWAL_SECONDS,
          deadlineMilliseconds: String(grant.deadlineMilliseconds),
        }),
      )
      if (rows === 'late') return 'late'
      const [outcome] = rows
      if (outcome?.cancellation !== grant.cancellation) return 'cancelled'
      if (outcome.request_key === null) return 'withdrawn'
      return outcome.consent_id === null ? 'obsolete' : 'granted'
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
        cancellation: row?.cancellation ?? '',
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
        .returning(COLUMNS)
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

/** When a row expires that is inserted once more. Not earlier than before: a clock that is behind makes nothing forget. */
function laterExpiryIn(table: 'granting_users' | 'granting_requests'): RawBuilder<number> {
  return sql`greatest(${sql.id(table, 'expires_at')}, excluded.expires_at)`
}

/** The `ScopeGrants` of the scopes that are granted, added to those of the consent. */
const ADDED_GRANTS = sql<string>`(
  select coalesce(jsonb_object_agg(scope, case
    when jsonb_typeof(kept) = 'number' then kept
    when first_granted_at + ${sql.lit(WITHDRAWAL_SECONDS)} <= excluded.granted_at then to_jsonb(first_granted_at)
    when requests < ${sql.lit(MAXIMUM_GRANTING_REQUESTS)} then added || kept
    else kept end), '{}')
  from (
    select key as scope, value as added, coalesce(consents.scope_grants -> key, '{}') as kept
    from jsonb_each(excluded.scope_grants)
  ) as grants, lateral (
    select count(*) as requests, min(value::bigint) as first_granted_at
    from jsonb_each_text(case jsonb_typeof(kept) when 'object' then kept else '{}' end)
  ) as before)`

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
      .map(([scope, grants]) => ({ scope, grantedAt: firstGrantedAt(grants) }))
      .sort((left, right) => left.grantedAt - right.grantedAt),
    createdAt: Number(row.created_at),
    grantedAt: Number(row.granted_at),
    lastUsedAt: row.last_used_at === null ? undefined : Number(row.last_used_at),
  }
}
