/**
 * Storage in PostgreSQL 13 or later, or in PGlite.
 *
 * @module
 */

import { CompiledQuery, Kysely } from 'kysely'
import { ConfigurationError, type Issue, StorageError, unknownOptions } from '../../lib/errors.ts'
import { driverFailure, reportDriverFailures } from '../../lib/storage/driver-failure.ts'
import {
  type Backend,
  type BackendConnections,
  createStores,
  type Storage,
  type Stores,
} from '../../lib/storage/storage.ts'
import type { Rotation, TokenFamilyStore } from '../../lib/storage/token-family-store.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createClientStore } from './client-store.ts'
import { createConsentStore } from './consent-store.ts'
import { createEncryptedKeyStore } from './encrypted-key-store.ts'
import { createPendingEventStore } from './pending-event-store.ts'
import { createPoolDialect } from './pool-dialect.ts'
import { createRevocationStore } from './revocation-store.ts'
import type { Database } from './schema.ts'
import { DEFAULT_SCHEMA, findSchemaIssues, type SchemaOption } from './schema-option.ts'
import { READ_ONLY, sqlStateOf, UNDEFINED_TABLE } from './sql-state.ts'
import { type PostgresPool, type RunStatement, statementRunnerOf } from './statement-runner.ts'
import { createTokenFamilyStore } from './token-family-store.ts'

/** Options of {@link createPostgresStorage}: a `pool` or a `db`. */
export type PostgresStorageOptions<Tables = unknown> = SchemaOption &
  (
    | {
        /** A `Pool` of `pg`. The host closes it. Statements are prepared. */
        readonly pool: PostgresPool
        readonly db?: undefined
      }
    | {
        /** The host's own `Kysely` instance, of Postgres or PGlite, whatever its type and plugins. */
        readonly db: Kysely<Tables>
        readonly pool?: undefined
      }
  )

/**
 * Creates a storage in PostgreSQL or PGlite. {@link migrateToLatest} creates its tables.
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
export function createPostgresStorage<Tables>(options: PostgresStorageOptions<Tables>): Storage {
  const issues = findIssues(options)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const { schema = DEFAULT_SCHEMA } = options
  const host =
    options.pool === undefined
      ? options.db
      : new Kysely<Tables>({ dialect: createPoolDialect(options.pool) })
  const db = host.withoutPlugins().withSchema(schema) as Kysely<unknown> as Database
  // Around Kysely where that can be: it takes longer for a prepared query than the driver does.
  const run = options.pool === undefined ? runThroughKysely(db) : statementRunnerOf(options.pool)
  const families = createTokenFamilyStore(db, run)
  const stores: Stores = {
    clients: createClientStore(db, run),
    consents: createConsentStore(db, run),
    families,
    artifacts: createArtifactStore(db, run),
    revocations: createRevocationStore(db, run),
    encryptedKeys: createEncryptedKeyStore(db),
    pendingEvents: createPendingEventStore(db),
  }
  return {
    ...createStores((name) => reportDriverFailures(`postgres: ${name}`, stores[name])),
    backends: [createBackend(families, options.pool)],
  }
}

function runThroughKysely(db: Database): RunStatement {
  return async ({ text, values }) => {
    const { rows } = await db.executeQuery(CompiledQuery.raw(text, [...values]))
    return rows
  }
}

/** A rotation of a family that does not exist. */
const NO_ROTATION: Rotation = {
  presentedTokenHash: '',
  requestHash: '',
  refreshToken: { hash: '', issuedAt: 0, expiresAt: 0 },
  replay: undefined,
  expiresAt: 0,
  accessTokensExpireAt: 0,
  deadlineMilliseconds: 0,
}

const PROBLEMS: ReadonlyMap<string | undefined, string> = new Map([
  [READ_ONLY, 'it is read-only'],
  [UNDEFINED_TABLE, 'its tables are missing; run migrateToLatest()'],
])

function createBackend(families: TokenFamilyStore, pool: PostgresPool | undefined): Backend {
  return {
    name: 'postgres',
    ...(pool?.waitingCount === undefined ? {} : { connections: () => connectionsOf(pool) }),
    async ping() {
      try {
        // The statements of a refresh: the storage is not healthy while they fail.
        await families.find('', '', 0)
        await families.rotate('', NO_ROTATION, 0)
      } catch (error) {
        const problem = PROBLEMS.get(sqlStateOf(error))
        if (problem === undefined) throw driverFailure('postgres: ping', error)
        throw new StorageError(`postgres: ${problem}`)
      }
    },
  }
}

function connectionsOf({
  totalCount = 0,
  idleCount = 0,
  waitingCount = 0,
}: PostgresPool): BackendConnections {
  return { open: totalCount, idle: idleCount, waiting: waitingCount }
}

function findIssues<Tables>(
  options: Partial<PostgresStorageOptions<Tables>> | undefined,
): ReadonlyArray<Issue> {
  const { pool, db, schema = DEFAULT_SCHEMA, ...unknown } = options ?? {}
  const issues = [...unknownOptions(Object.keys(unknown)), ...findSchemaIssues(schema)]
  if ((pool === undefined) === (db === undefined)) {
    issues.push({ path: 'pool', message: 'or "db" must be given, and not both' })
  } else if (
    pool !== undefined &&
    (typeof pool.connect !== 'function' || typeof pool.on !== 'function')
  ) {
    issues.push({ path: 'pool', message: 'must be a Pool of pg' })
  } else if (db !== undefined && typeof db.selectFrom !== 'function') {
    issues.push({ path: 'db', message: 'must be a Kysely instance' })
  }
  return issues
}
