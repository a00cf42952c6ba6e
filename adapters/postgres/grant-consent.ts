/**
 * Grants a consent, in one statement.
 *
 * @module
 */

import { sql } from 'kysely'
import {
  type ConsentGrant,
  type ConsentStore,
  MAXIMUM_GRANTING_REQUESTS,
  WITHDRAWAL_SECONDS,
} from '../../lib/storage/consent-store.ts'
import { CONSENT_COLUMNS, laterExpiryIn } from './consent-rows.ts'
import { inTime, requireInTime } from './deadline.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database } from './schema.ts'
import type { RunStatement } from './statement-runner.ts'

const REQUEST_COLUMNS = [
  'user_id',
  'client_id',
  'request_key',
  'is_withdrawn',
  'expires_at',
] as const

/** A grant, as its statement takes it. */
interface GrantValues extends Omit<ConsentGrant, 'scopes' | 'deadlineMilliseconds'> {
  /** JSON of the scopes' `ScopeGrants`. */
  readonly scopeGrants: string
  readonly withdrawableUntil: number
  readonly deadlineMilliseconds: string
}

/** Creates `grant()` of the store of consents. */
export function createGrant(db: Database, run: RunStatement): ConsentStore['grant'] {
  const query = prepareQuery(run, (values: GrantValues) =>
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
          .columns(CONSENT_COLUMNS)
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

  return async ({ scopes, ...grant }) => {
    const { requestKey, grantedAt } = grant
    const scopeGrants = scopes.map((scope) => [scope, { [requestKey]: grantedAt }])
    const rows = await inTime(() =>
      query({
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
  }
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
