/**
 * What was revoked, in the order of the database's clock at the moment each was written.
 *
 * They become visible in another order, as they are committed: one that is written first may appear after
 * others that were read already. What keeps a reader from missing it:
 *
 * - `add()` has resolved only if its statement was committed, and it fails after `storageTimeoutMilliseconds`,
 *   which is 30 seconds at most. So whatever is acknowledged became visible within 30 seconds of its
 *   `recorded_at`.
 * - A reader goes through the table in runs of pages. Its cursor carries, besides its place, where the next
 *   run begins: {@link OVERLAP_MILLISECONDS} before the moment at which this one began. What was recorded
 *   before that was visible, if ever, to every page of this run; what was recorded since, the next run
 *   reads again. The 30 seconds in excess are for the clock of a replica that takes over.
 *
 * @module
 */

import { type OnConflictBuilder, type OnConflictUpdateBuilder, sql } from 'kysely'
import type {
  Revocation,
  RevocationKind,
  RevocationListRequest,
  RevocationPage,
  RevocationStore,
} from '../../lib/storage/revocation-store.ts'
import { NOW_MILLISECONDS } from './deadline.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database, OAuthDatabase } from './schema.ts'
import type { RunStatement } from './statement-runner.ts'

/** How far a run of pages goes back behind the beginning of the one before. */
const OVERLAP_MILLISECONDS = 60_000

/** The position of a reader. */
interface Cursor {
  /** Where the next run begins, in milliseconds; `undefined` before the first page of a run. */
  readonly nextRun: string | undefined
  readonly place: Place
}

/** A row's, in the order of the index. */
interface Place {
  readonly recordedAt: string
  readonly kind: string
  readonly id: string
}

/** A row of a page. */
interface Found {
  readonly kind: string
  readonly id: string
  readonly expires_at: string | number
  readonly recorded_at: string | number
}

/** There is one row without a revocation when the page is empty. */
type Row = { readonly [Column in keyof Found]: Found[Column] | null }

function isFound(row: Row): row is Found {
  return row.kind !== null
}

/** A revocation that is added again is recorded again; the later expiry counts. */
export function keepLater(
  conflict: OnConflictBuilder<OAuthDatabase, 'revocations'>,
): OnConflictUpdateBuilder<OAuthDatabase, 'revocations'> {
  return conflict.columns(['kind', 'id']).doUpdateSet({
    expires_at: sql<number>`greatest(revocations.expires_at, excluded.expires_at)`,
    recorded_at: NOW_MILLISECONDS,
  })
}

/** Creates the store of revocations. */
export function createRevocationStore(db: Database, run: RunStatement): RevocationStore {
  const add = prepareQuery(run, ({ kind, id, expiresAt }: Revocation) =>
    db
      .insertInto('revocations')
      .values({ kind, id, expires_at: expiresAt, recorded_at: NOW_MILLISECONDS })
      .onConflict(keepLater),
  )
  const find = prepareQuery(
    run,
    (values: Pick<Revocation, 'kind' | 'id'> & { readonly now: number }) =>
      db
        .selectFrom('revocations')
        .select('id')
        .where('kind', '=', values.kind)
        .where('id', '=', values.id)
        .where('expires_at', '>', values.now),
  )

  const findPage = prepareQuery(
    run,
    (values: Place & { readonly limit: number; readonly now: number }) =>
      db
        // now(), of the transaction, is before the snapshot that the statement sees.
        .selectFrom(
          db
            .selectNoFrom(sql<string>`(extract(epoch from now()) * 1000)::bigint`.as('started_at'))
            .as('run'),
        )
        .leftJoinLateral(
          ({ selectFrom }) =>
            selectFrom('revocations')
              .select(['kind', 'id', 'expires_at', 'recorded_at'])
              .where(
                sql<boolean>`(recorded_at, kind, id) > (${values.recordedAt}::bigint, ${values.kind}, ${values.id})`,
              )
              .where('expires_at', '>', values.now)
              .orderBy('recorded_at')
              .orderBy('kind')
              .orderBy('id')
              .limit(values.limit)
              .as('page'),
          (join) => join.onTrue(),
        )
        .select(['started_at', 'kind', 'id', 'expires_at', 'recorded_at'])
        .orderBy('recorded_at')
        .orderBy('kind')
        .orderBy('id'),
  )

  async function list(request: RevocationListRequest, now: number): Promise<RevocationPage> {
    const cursor = parseCursor(request.cursor)
    const rows = await findPage({ ...cursor.place, limit: request.limit + 1, now })
    const startedAt = Number(rows[0]?.started_at)
    // A position in the future is another storage's.
    if (Number(cursor.place.recordedAt) > startedAt) {
      return await list({ limit: request.limit }, now)
    }
    return pageOf(rows, cursor.nextRun ?? startedAt - OVERLAP_MILLISECONDS, request.limit)
  }

  return {
    async add(revocation) {
      await add(revocation)
    },

    async has(kind, id, now) {
      const rows = await find({ kind, id, now })
      return rows.length > 0
    },

    list,
  }
}

function pageOf(rows: ReadonlyArray<Row>, nextRun: string | number, limit: number): RevocationPage {
  const found = rows.filter(isFound)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const hasMore = found.length > limit && last !== undefined
  const place = hasMore ? [last.recorded_at, last.kind, last.id] : []
  return {
    items: page.map((row) => ({
      kind: row.kind as RevocationKind,
      id: row.id,
      expiresAt: Number(row.expires_at),
    })),
    nextCursor: `p${[nextRun, ...place].join('.')}`,
    hasMore,
  }
}

const CURSOR = /^p(\d{1,15})(?:\.(\d{1,15})\.([a-z-]{1,20})\.([\w-]{1,128}))?$/

function parseCursor(cursor: string = ''): Cursor {
  const [, nextRun = '0', recordedAt, kind = '', id = ''] = CURSOR.exec(cursor) ?? []
  return recordedAt === undefined
    ? { nextRun: undefined, place: { recordedAt: nextRun, kind, id } }
    : { nextRun, place: { recordedAt, kind, id } }
}
