/**
 * `migrate`: creates or updates the tables of Postgres, or says what is missing.
 *
 * @module
 */

import type { MigrationStatus } from '../postgres/apply-migrations.ts'
import { type Command, CommandError } from './command.ts'
import { schemaOption, withDatabase } from './connections.ts'

export const migrate: Command = {
  options: { status: { type: 'boolean' }, 'dry-run': { type: 'boolean' } },
  async run({ environment, options: { status: isStatus, 'dry-run': isDryRun } }) {
    if (isStatus && isDryRun)
      throw new CommandError('"--status" and "--dry-run" exclude each other')
    return await withDatabase(environment, async (db) => {
      const { migrateToLatest, migrationStatus } = await import('../postgres/migrate.ts')
      const schema = schemaOption(environment)
      if (isStatus) return (await migrationStatus(db, schema)).map(statusLine).join('\n')
      if (isDryRun) return wouldApply(await migrationStatus(db, schema))
      const applied = await migrateToLatest(db, schema)
      return `The tables are up to date: ${applied.join(', ') || 'nothing to do'}.`
    })
  },
}

function statusLine({ name, appliedAt, isKnown }: MigrationStatus): string {
  const state = appliedAt === undefined ? 'missing' : `applied ${appliedAt.toISOString()}`
  return `${name}  ${state}${isKnown ? '' : ', of a newer version'}`
}

function wouldApply(migrations: ReadonlyArray<MigrationStatus>): string {
  const missing = migrations.filter(({ appliedAt }) => appliedAt === undefined)
  return missing.length === 0
    ? 'The tables are up to date: nothing to do.'
    : `Would apply: ${missing.map(({ name }) => name).join(', ')}.`
}
