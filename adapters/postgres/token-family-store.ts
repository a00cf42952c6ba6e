import {
  type Expression,
  type ExpressionBuilder,
  type QueryCreator,
  type SqlBool,
  sql,
} from 'kysely'
import { USE_RESOLUTION_SECONDS } from '../../lib/storage/consent-store.ts'
import type {
  FamilyRevocation,
  Rotation,
  RotationOutcome,
  TokenFamilyStore,
} from '../../lib/storage/token-family-store.ts'
import { inTime, NOW_MILLISECONDS, requireInTime } from './deadline.ts'
import { prepareQuery } from './prepared-query.ts'
import { keepLater } from './revocation-store.ts'
import type { Database, OAuthDatabase } from './schema.ts'
import type { RunStatement } from './statement-runner.ts'
import {
  FAMILY_COLUMNS,
  type FamilyRow,
  familyFrom,
  parseReplay,
  replayText,
  rowOf,
  type TokenColumns,
  tokenColumns,
} from './token-family-rows.ts'

// Every transition is one conditional statement. When two change the same row, the second waits for the first
// and then evaluates its conditions again (READ COMMITTED), so one of them wins. A statement that has locked
// a family may wait for its consent, never the other way round.

const consentExists = ({
  exists,
  selectFrom,
}: ExpressionBuilder<OAuthDatabase, 'token_families'>): Expression<SqlBool> =>
  exists(
    selectFrom('consents')
      .select('consents.consent_id')
      .whereRef('consents.consent_id', '=', 'token_families.consent_id'),
  )

/** Updates `lastUsedAt` of the consent whose family has `changed`, unless it is within the resolution. */
function noteUse(
  query: QueryCreator<OAuthDatabase & { readonly changed: { readonly consent_id: string } }>,
  usedAt: number | string,
  resolutionSeconds: number,
) {
  return query
    .updateTable('consents')
    .from('changed')
    .set({ last_used_at: sql<number>`${usedAt}::bigint` })
    .whereRef('consents.consent_id', '=', 'changed.consent_id')
    .where(
      sql<boolean>`coalesce(last_used_at + ${resolutionSeconds}::bigint < ${usedAt}::bigint, true)`,
    )
    .returning('consents.consent_id as used_consent_id')
}

/** Creates the store of token families. */
export function createTokenFamilyStore(db: Database, run: RunStatement): TokenFamilyStore {
  const revokeQuery = prepareQuery(
    run,
    (values: FamilyRevocation & { readonly familyId: string; readonly now: number }) =>
      db
        .with('ended', (query) =>
          query
            .updateTable('token_families')
            .set({ is_revoked: true, expires_at: values.rememberUntil })
            .where('family_id', '=', values.familyId)
            .where('client_id', '=', values.clientId)
            .where('is_revoked', '=', false)
            .where('expires_at', '>', values.now)
            .where(consentExists)
            .returning(['family_id', 'user_id', 'tenant_id', 'access_tokens_expire_at']),
        )
        .with('recorded', (query) =>
          query
            .insertInto('revocations')
            .columns(['kind', 'id', 'expires_at', 'recorded_at'])
            .expression((eb) =>
              eb
                .selectFrom('ended')
                .select([
                  sql.lit('family').as('kind'),
                  'family_id',
                  sql<number>`access_tokens_expire_at + ${values.toleranceSeconds}::bigint`.as(
                    'expires_at',
                  ),
                  NOW_MILLISECONDS.as('recorded_at'),
                ]),
            )
            .onConflict(keepLater),
        )
        .selectFrom('ended')
        .select(['user_id', 'tenant_id']),
  )

  const rotateQuery = prepareQuery(
    run,
    (
      values: TokenColumns & {
        readonly replay: string | null
        readonly accessTokensExpireAt: number
        readonly expiresAt: number
        readonly familyId: string
        readonly presentedTokenHash: string
        readonly deadline: string
        readonly now: number
      },
    ) =>
      db
        .with('changed', (query) =>
          query
            .updateTable('token_families')
            .set({
              token_hash: values.token_hash,
              token_issued_at: values.token_issued_at,
              token_expires_at: values.token_expires_at,
              replay: values.replay,
              access_tokens_expire_at: values.accessTokensExpireAt,
              expires_at: values.expiresAt,
            })
            .where('family_id', '=', values.familyId)
            .where('token_hash', '=', values.presentedTokenHash)
            .where('token_expires_at', '>', values.now)
            .where('is_revoked', '=', false)
            .where('expires_at', '>', values.now)
            .where(consentExists)
            .returning('consent_id'),
        )
        .with('used', (query) => noteUse(query, values.now, USE_RESOLUTION_SECONDS))
        .selectFrom('changed')
        // Joined, so that it has waited for the consent, too, when the deadline is checked.
        .leftJoin('used', (join) => join.onTrue())
        .select(requireInTime(values.deadline).as('late')),
  )

  const findQuery = prepareQuery(
    run,
    (values: { readonly familyId: string; readonly clientId: string; readonly now: number }) =>
      db
        .selectFrom('token_families')
        .innerJoin('consents', 'consents.consent_id', 'token_families.consent_id')
        .select(FAMILY_COLUMNS.map((name) => `token_families.${name}` as const))
        .select(['consents.scope_grants', NOW_MILLISECONDS.as('now_milliseconds')])
        .where('family_id', '=', values.familyId)
        .where('is_revoked', '=', false)
        .where('expires_at', '>', values.now)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('clients').select('client_id').where('client_id', '=', values.clientId),
          ),
        ),
  )

  const createQuery = prepareQuery(
    run,
    (values: FamilyRow & { readonly now: string; readonly deadline: string }) => {
      const row = Object.fromEntries(FAMILY_COLUMNS.map((name) => [name, values[name]]))
      return db
        .with('changed', (query) =>
          query
            .insertInto('token_families')
            .columns(FAMILY_COLUMNS)
            .expression((eb) =>
              eb
                .selectFrom('consents')
                .select(FAMILY_COLUMNS.map((name) => typedValue(name, values[name]).as(name)))
                .where('consent_id', '=', values.consent_id),
            )
            .onConflict((conflict) =>
              conflict
                .column('family_id')
                .doUpdateSet({ ...row, is_revoked: false })
                .where('token_families.expires_at', '<=', values.now),
            )
            .returning('consent_id'),
        )
        .with('used', (query) => noteUse(query, values.created_at, 0))
        .selectFrom('changed')
        .leftJoin('used', (join) => join.onTrue()) // as above
        .select(requireInTime(values.deadline).as('late'))
    },
  )

  async function rotateCurrent(
    familyId: string,
    rotation: Rotation,
    now: number,
  ): Promise<ReadonlyArray<unknown>> {
    return await rotateQuery({
      ...tokenColumns(rotation.refreshToken),
      replay: replayText(rotation.replay),
      accessTokensExpireAt: rotation.accessTokensExpireAt,
      expiresAt: rotation.expiresAt,
      familyId,
      presentedTokenHash: rotation.presentedTokenHash,
      deadline: String(rotation.deadlineMilliseconds),
      now,
    })
  }

  /** Why nothing changed. @returns `undefined` when the presented token has become current since. */
  async function explain(
    familyId: string,
    rotation: Rotation,
    now: number,
  ): Promise<RotationOutcome | undefined> {
    const row = await db
      .selectFrom('token_families')
      .select(['token_hash', 'token_expires_at', 'replay'])
      .select(NOW_MILLISECONDS.as('now_milliseconds'))
      .where('family_id', '=', familyId)
      .where('is_revoked', '=', false)
      .where('expires_at', '>', now)
      .where(consentExists)
      .executeTakeFirst()
    if (row === undefined) return { outcome: 'not-found' }
    if (Number(row.now_milliseconds) > rotation.deadlineMilliseconds) return { outcome: 'late' }
    if (row.token_hash === rotation.presentedTokenHash) {
      const hasExpired = Number(row.token_expires_at) <= now
      return hasExpired ? { outcome: 'not-found' } : undefined
    }
    const replay = parseReplay(row.replay)
    const isReplay =
      replay?.usedTokenHash === rotation.presentedTokenHash &&
      replay.requestHash === rotation.requestHash &&
      now < replay.until
    return isReplay
      ? { outcome: 'replayed', encryptedResponse: replay.encryptedResponse }
      : { outcome: 'reused' }
  }

  /** Why a family may not have been created. */
  const explainQuery = (consentId: string) =>
    db
      .selectNoFrom(({ exists, selectFrom }) => [
        NOW_MILLISECONDS.as('now_milliseconds'),
        exists(selectFrom('consents').select('consent_id').where('consent_id', '=', consentId)).as(
          'has_consent',
        ),
      ])
      .executeTakeFirstOrThrow()

  return {
    async create(family, now, deadlineMilliseconds) {
      const deadline = String(deadlineMilliseconds)
      const created = await inTime(() =>
        createQuery({ ...rowOf(family), now: String(now), deadline }),
      )
      if (created === 'late') return 'late'
      if (created.length > 0) return 'created'
      const { now_milliseconds, has_consent } = await explainQuery(family.consentId)
      if (Number(now_milliseconds) > deadlineMilliseconds) return 'late'
      return has_consent ? 'taken' : 'consent-not-found'
    },

    async find(familyId, clientId, now) {
      const [row] = await findQuery({ familyId, clientId, now })
      return (
        row && {
          ...familyFrom(row),
          consentedScopes: row.scopes.filter((scope) => Object.hasOwn(row.scope_grants, scope)),
          foundAtMilliseconds: Number(row.now_milliseconds),
        }
      )
    },

    async rotate(familyId, rotation, now) {
      for (;;) {
        const rotated = await inTime(() => rotateCurrent(familyId, rotation, now))
        if (rotated === 'late') return { outcome: 'late' }
        if (rotated.length > 0) return { outcome: 'rotated' }
        const outcome = await explain(familyId, rotation, now)
        if (outcome !== undefined) return outcome
      }
    },

    async revoke(familyId, revocation, now) {
      const [ended] = await revokeQuery({ familyId, ...revocation, now })
      return ended && { userId: ended.user_id, tenantId: ended.tenant_id }
    },
  }
}

/** A parameter that is selected has no column to take its type from. */
function typedValue(column: string, value: unknown) {
  if (column === 'scopes' || column === 'resources') return sql`${value}::text[]`
  const isInstant = column.endsWith('_at')
  return isInstant ? sql`${value}::bigint` : sql`${value}::text`
}
