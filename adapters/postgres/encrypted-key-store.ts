import type { Selectable } from 'kysely'
import type {
  EncryptedKey,
  EncryptedKeyChange,
  EncryptedKeyStore,
} from '../../lib/storage/encrypted-key-store.ts'
import type { Database, OAuthDatabase } from './schema.ts'

const COLUMNS = [
  'purpose',
  'generation',
  'key_id',
  'encrypted',
  'created_at',
  'activates_at',
  'revoked_at',
  'changes',
  'version',
] as const

/** Creates the store of the server's own keys. */
export function createEncryptedKeyStore(db: Database): EncryptedKeyStore {
  return {
    async insert(key) {
      const inserted = await db
        .insertInto('encrypted_keys')
        .values({ purpose: key.purpose, generation: key.generation, ...columnsOf(key) })
        .onConflict((conflict) => conflict.columns(['purpose', 'generation']).doNothing())
        .returning('key_id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    async list() {
      const rows = await db.selectFrom('encrypted_keys').select(COLUMNS).execute()
      return rows.map(keyOf)
    },

    async update(key, expectedVersion) {
      const updated = await db
        .updateTable('encrypted_keys')
        .set(columnsOf(key))
        .where('purpose', '=', key.purpose)
        .where('generation', '=', key.generation)
        .where('version', '=', expectedVersion)
        .returning('key_id')
        .executeTakeFirst()
      return updated !== undefined
    },

    async delete(purpose, generation) {
      const deleted = await db
        .deleteFrom('encrypted_keys')
        .where('purpose', '=', purpose)
        .where('generation', '=', generation)
        .returning('key_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}

/** The columns that an update writes. */
function columnsOf({
  keyId,
  encrypted,
  createdAt,
  activatesAt,
  revokedAt,
  changes,
  version,
}: EncryptedKey): {
  readonly key_id: string
  readonly encrypted: string
  readonly created_at: number
  readonly activates_at: number
  readonly revoked_at: number | null
  readonly changes: string | null
  readonly version: number
} {
  return {
    key_id: keyId,
    encrypted,
    created_at: createdAt,
    activates_at: activatesAt,
    revoked_at: revokedAt ?? null,
    changes: changes === undefined ? null : JSON.stringify(changes),
    version,
  }
}

function keyOf(row: Selectable<OAuthDatabase['encrypted_keys']>): EncryptedKey {
  return {
    keyId: row.key_id,
    purpose: row.purpose as EncryptedKey['purpose'],
    generation: row.generation,
    encrypted: row.encrypted,
    createdAt: Number(row.created_at),
    activatesAt: Number(row.activates_at),
    ...(row.revoked_at === null ? {} : { revokedAt: Number(row.revoked_at) }),
    ...(row.changes === null
      ? {}
      : { changes: JSON.parse(row.changes) as ReadonlyArray<EncryptedKeyChange> }),
    version: row.version,
  }
}
