/**
 * `@teamcast/oauth-server/postgres`: keeps everything in PostgreSQL, or in PGlite.
 *
 * @module
 */

export { migrateToLatest } from './migrate.ts'
export { createPostgresStorage, type PostgresStorageOptions } from './postgres-storage.ts'
export type { PostgresPool } from './prepared-pool.ts'
export type { OAuthDatabase } from './schema.ts'
export { type Sweeper, type SweeperOptions, startSweeper, sweepExpired } from './sweeper.ts'
