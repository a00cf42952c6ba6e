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
import { type PostgresPool, statementRunnerOf } from './statement-runner.ts'

/**
 * Creates a dialect of Kysely for statements of which each is a transaction of its own.
 *
 * @param now A monotonic clock, in milliseconds.
 */
export function createPoolDialect(pool: PostgresPool, now?: () => number): Dialect {
  const run = statementRunnerOf(pool, now)
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
