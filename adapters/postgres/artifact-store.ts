import { sql } from 'kysely'
import type { ArtifactData, ArtifactStore } from '../../lib/storage/artifact-store.ts'
import { NOW_MILLISECONDS } from './deadline.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database } from './schema.ts'
import type { RunStatement } from './statement-runner.ts'

interface ArtifactKey {
  readonly kind: string
  readonly key: string
}

/** Creates the store of authorization codes, pending requests and sessions. */
export function createArtifactStore(db: Database, run: RunStatement): ArtifactStore {
  const upsert = prepareQuery(
    run,
    (values: ArtifactKey & { readonly data: string; readonly expiresAt: number }) => {
      const content = { data: values.data, expires_at: values.expiresAt }
      return db
        .insertInto('artifacts')
        .values({ kind: values.kind, key: values.key, ...content })
        .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(content))
    },
  )
  const saveUnlessLater = prepareQuery(
    run,
    (
      values: ArtifactKey & {
        readonly data: string
        readonly expiresAt: number
        /** An artifact that expires after this instant is not replaced. */
        readonly instant: number
      },
    ) => {
      const content = { data: values.data, expires_at: values.expiresAt }
      return db
        .insertInto('artifacts')
        .values({ kind: values.kind, key: values.key, ...content })
        .onConflict((conflict) =>
          conflict
            .columns(['kind', 'key'])
            .doUpdateSet(content)
            .where('artifacts.expires_at', '<=', values.instant),
        )
        .returning('key')
    },
  )
  const find = prepareQuery(run, (values: ArtifactKey & { readonly now: number }) =>
    db
      .selectFrom('artifacts')
      .select('data')
      .where('kind', '=', values.kind)
      .where('key', '=', values.key)
      .where('expires_at', '>', values.now),
  )
  const findAll = prepareQuery(
    run,
    (values: {
      readonly kinds: ReadonlyArray<string>
      readonly keys: ReadonlyArray<string>
      readonly now: number
    }) =>
      db
        .selectFrom('artifacts')
        .innerJoin(
          sql<ArtifactKey>`unnest(${values.kinds}::text[], ${values.keys}::text[])`.as<'wanted'>(
            sql`wanted(kind, key)`,
          ),
          (join) =>
            join
              .onRef('artifacts.kind', '=', 'wanted.kind')
              .onRef('artifacts.key', '=', 'wanted.key'),
        )
        .select(['artifacts.kind', 'artifacts.key', 'data'])
        .where('expires_at', '>', values.now),
  )
  const findTimed = prepareQuery(run, (values: ArtifactKey & { readonly now: number }) =>
    db
      .selectFrom('artifacts')
      .select(['data', NOW_MILLISECONDS.as('now_milliseconds')])
      .where('kind', '=', values.kind)
      .where('key', '=', values.key)
      .where('expires_at', '>', values.now),
  )

  return {
    async save(kind, key, data, expiresAt) {
      await upsert({ kind, key, data: JSON.stringify(data), expiresAt })
    },

    async saveLatest(kind, key, data, expiresAt) {
      const json = JSON.stringify(data)
      await saveUnlessLater({ kind, key, data: json, expiresAt, instant: expiresAt })
    },

    async insert(kind, key, data, expiresAt, now) {
      const json = JSON.stringify(data)
      const rows = await saveUnlessLater({ kind, key, data: json, expiresAt, instant: now })
      return rows.length === 1
    },

    async find(kind, key, now) {
      const [row] = await find({ kind, key, now })
      return row && (JSON.parse(row.data) as ArtifactData)
    },

    async findAll(names, now) {
      const [kinds, keys] = [names.map(({ kind }) => kind), names.map(({ key }) => key)]
      const rows = await findAll({ kinds, keys, now })
      return names.map(({ kind, key }) => {
        const row = rows.find((found) => found.kind === kind && found.key === key)
        return row && (JSON.parse(row.data) as ArtifactData)
      })
    },

    async findTimed(kind, key, now) {
      const [row] = await findTimed({ kind, key, now })
      return (
        row && {
          data: JSON.parse(row.data) as ArtifactData,
          foundAtMilliseconds: Number(row.now_milliseconds),
        }
      )
    },
  }
}
