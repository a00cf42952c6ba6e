/**
 * Storage in PostgreSQL 13 or later, or in PGlite.
 *
 * @module
 */

import { Kysely, PostgresDialect, sql } from 'kysely'
import { ConfigurationError, type Issue, StorageError, unknownOptions } from '../../lib/errors.ts'
import type { Backend, Storage } from '../../lib/storage/storage.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createClientStore } from './client-store.ts'
import { createConsentStore } from './consent-store.ts'
import { type PostgresPool, prepareStatements } from './prepared-pool.ts'
import { attempt, attempting } from './queries.ts'
import { createRevocationStore } from './revocation-store.ts'
import type { Database, OAuthDatabase } from './schema.ts'
import { createSealedKeyStore } from './sealed-key-store.ts'
import { createTokenFamilyStore } from './token-family-store.ts'

/** Options of {@link createPostgresStorage}: one of the two. */
export type PostgresStorageOptions =
  | {
      /** A `Pool` of `pg`. It stays the host's, who closes it. Statements are prepared. */
      readonly pool: PostgresPool
      readonly db?: undefined
    }
  | {
      /** The host's own `Kysely` instance, of Postgres or PGlite. */
      readonly db: Kysely<OAuthDatabase>
      readonly pool?: undefined
    }

/**
 * Creates a storage in PostgreSQL or PGlite. Its tables are made by {@link migrateToLatest}.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * ```ts
 * import { createPostgresStorage } from '@teamcast/oauth-server/postgres'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: 'postgres://localhost/teamcast' })
 * const storage = createPostgresStorage({ pool })
 * ```
 */
export function createPostgresStorage(options: PostgresStorageOptions): Storage {
  const issues = findIssues(options)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const db =
    options.pool === undefined
      ? options.db
      : new Kysely<OAuthDatabase>({
          dialect: new PostgresDialect({ pool: prepareStatements(options.pool) }),
        })
  return {
    clients: attempting('clients', createClientStore(db)),
    consents: attempting('consents', createConsentStore(db)),
    families: attempting('families', createTokenFamilyStore(db)),
    artifacts: attempting('artifacts', createArtifactStore(db)),
    revocations: attempting('revocations', createRevocationStore(db)),
    sealedKeys: attempting('sealedKeys', createSealedKeyStore(db)),
    backends: [createBackend(db)],
  }
}

function createBackend(db: Database): Backend {
  return {
    name: 'postgres',
    async ping() {
      const { rows } = await attempt('ping', () =>
        sql<{ is_read_only: string; table: string | null }>`
          select current_setting('transaction_read_only') as is_read_only,
            to_regclass('oauth_clients')::text as table`.execute(db),
      )
      if (rows[0]?.is_read_only !== 'off') throw new StorageError('postgres: it is read-only')
      if (rows[0].table === null) {
        throw new StorageError('postgres: its tables are missing; run migrateToLatest()')
      }
    },
  }
}

function findIssues(options: Partial<PostgresStorageOptions> | undefined): ReadonlyArray<Issue> {
  const { pool, db, ...unknown } = options ?? {}
  const issues = unknownOptions(Object.keys(unknown))
  if ((pool === undefined) === (db === undefined)) {
    issues.push({ path: 'pool', message: 'or "db" must be given, and not both' })
  } else if (pool !== undefined && typeof pool.connect !== 'function') {
    issues.push({ path: 'pool', message: 'must be a Pool of pg' })
  } else if (db !== undefined && typeof db.selectFrom !== 'function') {
    issues.push({ path: 'db', message: 'must be a Kysely instance' })
  }
  return issues
}
