import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  DummyDriver,
  PostgresQueryCompiler,
  type QueryId,
  type QueryResult,
  type RootOperationNode,
} from 'kysely'

/** A column that the next version has under another name. */
export interface RenamedColumn {
  readonly from: string
  readonly to: string
}

/** A dialect as the next version would speak it: it knows a column by its new name only. */
export function renameColumn(dialect: Dialect, { from, to }: RenamedColumn): Dialect {
  class Compiler extends PostgresQueryCompiler {
    override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
      const compiled = super.compileQuery(node, queryId)
      return { ...compiled, sql: compiled.sql.replaceAll(`"${from}"`, `"${to}"`) }
    }
  }
  const driver = dialect.createDriver()
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows } = await (await driver.acquireConnection()).executeQuery<object>(query)
      return { rows: rows.map((row) => renameMember(row, to, from) as Row) }
    },
    streamQuery() {
      throw new Error('nothing is streamed')
    },
  }
  return {
    ...dialect,
    createDriver: () =>
      Object.assign(new DummyDriver(), { acquireConnection: async () => connection }),
    createQueryCompiler: () => new Compiler(),
  }
}

function renameMember(row: object, from: string, to: string): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name === from ? to : name, value]),
  )
}
