/**
 * `@teamcast/oauth-server/postgres`: keeps everything in PostgreSQL, or in PGlite.
 *
 * @module postgres
 */

export { migrateToLatest } from './migrate.ts'
export { createPostgresStorage, type PostgresStorageOptions } from './postgres-storage.ts'
export type { SchemaOption } from './schema-option.ts'
export type { PostgresConnection, PostgresPool } from './statement-runner.ts'
export {
  type Sweeper,
  type SweeperOptions,
  type SweepOptions,
  startSweeper,
  sweepExpired,
} from './sweeper.ts'
