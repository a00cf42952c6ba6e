/**
 * Queries that are built and compiled once, and run often: building one costs more time than Postgres needs
 * to run it.
 *
 * @module
 */

import type { Compilable, CompiledQuery } from 'kysely'
import type { RunStatement } from './statement-runner.ts'

/** Stands for a value that is known when the query runs. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A query that runs with new values each time. @returns Its rows. */
export type PreparedQuery<Values, Row> = (values: Values) => Promise<ReadonlyArray<Row>>

/**
 * Prepares a query.
 *
 * @param build Builds it, once. Whatever it takes from `values` it must put into the query as it is.
 */
export function prepareQuery<Values extends object, Row>(
  run: RunStatement,
  build: (values: Values) => Compilable<Row>,
): PreparedQuery<Values, Row> {
  const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) })
  let compiled: CompiledQuery<Row> | undefined
  return async (values) => {
    compiled ??= build(placeholders as Values).compile()
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Placeholder ? Reflect.get(values, parameter.name) : parameter,
    )
    return (await run({ text: compiled.sql, values: parameters })) as ReadonlyArray<Row>
  }
}
