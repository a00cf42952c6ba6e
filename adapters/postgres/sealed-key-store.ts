import type { Selectable } from 'kysely'
import type { SealedKey, SealedKeyChange, SealedKeyStore } from '../../lib/storage/storage.ts'
import type { Database, OAuthDatabase } from './schema.ts'

const COLUMNS = [
  'purpose',
  'generation',
  'key_id',
  'sealed',
  'created_at',
  'activates_at',
  'withdrawn_at',
  'changes',
  'version',
] as const

/** Creates the store of the server's own keys. */
export function createSealedKeyStore(db: Database): SealedKeyStore {
  return {
    async insert(key) {
      const inserted = await db
        .insertInto('sealed_keys')
        .values({ purpose: key.purpose, generation: key.generation, ...columnsOf(key) })
        .onConflict((conflict) => conflict.columns(['purpose', 'generation']).doNothing())
        .returning('key_id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    async list() {
      const rows = await db.selectFrom('sealed_keys').select(COLUMNS).execute()
      return rows.map(keyOf)
    },

    async update(key, expectedVersion) {
      const updated = await db
        .updateTable('sealed_keys')
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
        .deleteFrom('sealed_keys')
        .where('purpose', '=', purpose)
        .where('generation', '=', generation)
        .returning('key_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}

/** What may change, and what may not but does not hurt. */
function columnsOf({
  keyId,
  sealed,
  createdAt,
  activatesAt,
  withdrawnAt,
  changes,
  version,
}: SealedKey): {
  readonly key_id: string
  readonly sealed: string
  readonly created_at: number
  readonly activates_at: number
  readonly withdrawn_at: number | null
  readonly changes: string | null
  readonly version: number
} {
  return {
    key_id: keyId,
    sealed,
    created_at: createdAt,
    activates_at: activatesAt,
    withdrawn_at: withdrawnAt ?? null,
    changes: changes === undefined ? null : JSON.stringify(changes),
    version,
  }
}

function keyOf(row: Selectable<OAuthDatabase['sealed_keys']>): SealedKey {
  return {
    keyId: row.key_id,
    purpose: row.purpose as SealedKey['purpose'],
    generation: row.generation,
    sealed: row.sealed,
    createdAt: Number(row.created_at),
    activatesAt: Number(row.activates_at),
    ...(row.withdrawn_at === null ? {} : { withdrawnAt: Number(row.withdrawn_at) }),
    ...(row.changes === null
      ? {}
      : { changes: JSON.parse(row.changes) as ReadonlyArray<SealedKeyChange> }),
    version: row.version,
  }
}
