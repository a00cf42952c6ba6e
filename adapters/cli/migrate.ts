import { type Command, requireNoParameters } from './command.ts'
import { schemaOption, withDatabase } from './connections.ts'

/** `migrate`: creates or updates the tables. */
export const migrate: Command = async (invocation) => {
  requireNoParameters(invocation)
  const { environment } = invocation
  const applied = await withDatabase(environment, async (db) => {
    const { migrateToLatest } = await import('../postgres/index.ts')
    return await migrateToLatest(db, schemaOption(environment))
  })
  return `The tables are up to date: ${applied.length === 0 ? 'nothing to do' : applied.join(', ')}.`
}
