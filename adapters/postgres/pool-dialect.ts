import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  DummyDriver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { createStatementRunner, type PostgresPool, type RunStatement } from './statement-runner.ts'

/** One runner per pool, however many storages use it. */
const runners = new WeakMap<PostgresPool, RunStatement>()

/**
 * Creates a dialect of Kysely for statements of which each is a transaction of its own.
 *
 * @param now A monotonic clock, in milliseconds.
 */
export function createPoolDialect(
  pool: PostgresPool,
  now = (): number => performance.now(),
): Dialect {
  const run = runners.get(pool) ?? createStatementRunner(pool, now)
  runners.set(pool, run)
  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const rows = await run({ text: sql, values: parameters })
      return { rows: rows as Array<Row> }
    },
    streamQuery() {
      throw new Error('no statement of the storage is streamed')
    },
  }
  return {
    createDriver: () =>
      Object.assign(new DummyDriver(), { acquireConnection: async () => connection }),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
}
