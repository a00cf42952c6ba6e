import { sql } from 'kysely'
import type { ClientRecord, ClientStore } from '../../lib/storage/storage.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database } from './schema.ts'

const CURSOR = /^(\d{1,15})\.([\w-]{1,128})$/

/** Creates the store of registered clients. */
export function createClientStore(db: Database): ClientStore {
  const find = prepareQuery(db, ({ clientId }: { readonly clientId: string }) =>
    db.selectFrom('oauth_clients').select('record').where('client_id', '=', clientId),
  )

  return {
    async insert(client) {
      const inserted = await db
        .insertInto('oauth_clients')
        .values({
          client_id: client.clientId,
          created_at: client.createdAt,
          version: client.version,
          record: JSON.stringify(client),
        })
        .onConflict((conflict) => conflict.column('client_id').doNothing())
        .returning('client_id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    async find(clientId) {
      const [row] = await find({ clientId })
      return row && (JSON.parse(row.record) as ClientRecord)
    },

    async list({ limit, cursor }) {
      const place = cursor === undefined ? undefined : CURSOR.exec(cursor)
      if (place === null) return { items: [], nextCursor: undefined }
      const rows = await db
        .selectFrom('oauth_clients')
        .select('record')
        .$if(place !== undefined, (query) =>
          query.where(
            sql<boolean>`(created_at, client_id) < (${place?.[1]}::bigint, ${place?.[2]})`,
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('client_id', 'desc')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(({ record }) => JSON.parse(record) as ClientRecord)
      const last = items.at(-1)
      const hasMore = rows.length > limit && last !== undefined
      return { items, nextCursor: hasMore ? `${last.createdAt}.${last.clientId}` : undefined }
    },

    async update(client, expectedVersion) {
      const updated = await db
        .updateTable('oauth_clients')
        .set({ version: client.version, record: JSON.stringify(client) })
        .where('client_id', '=', client.clientId)
        .where('version', '=', expectedVersion)
        .returning('client_id')
        .executeTakeFirst()
      return updated !== undefined
    },

    async delete(clientId) {
      const deleted = await db
        .deleteFrom('oauth_clients')
        .where('client_id', '=', clientId)
        .returning('client_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}
