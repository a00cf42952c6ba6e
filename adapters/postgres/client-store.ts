import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ClientRecord } from '../../lib/storage/client.ts'
import {
  type ClientListRequest,
  type ClientStore,
  searchableText,
} from '../../lib/storage/client-store.ts'
import { prepareQuery } from './prepared-query.ts'
import type { Database } from './schema.ts'
import type { RunStatement } from './statement-runner.ts'

const CURSOR = /^(\d{1,15})\.([\w-]{1,128})$/

/** Creates the store of registered clients. */
export function createClientStore(db: Database, run: RunStatement): ClientStore {
  const find = prepareQuery(run, ({ clientId }: { readonly clientId: string }) =>
    db.selectFrom('clients').select('record').where('client_id', '=', clientId),
  )
  const findId = prepareQuery(run, ({ clientId }: { readonly clientId: string }) =>
    db.selectFrom('clients').select('client_id').where('client_id', '=', clientId),
  )

  return {
    async insert(client) {
      const inserted = await db
        .insertInto('clients')
        .values({
          client_id: client.clientId,
          created_at: client.createdAt,
          audience: client.audience,
          tenant_id: client.tenantId ?? null,
          client_type: client.clientType,
          ...changingColumns(client),
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

    async has(clientId) {
      const rows = await findId({ clientId })
      return rows.length > 0
    },

    async list(request) {
      const { limit, cursor } = request
      const place = cursor === undefined ? undefined : CURSOR.exec(cursor)
      if (place === null) return { items: [], nextCursor: undefined }
      const rows = await db
        .selectFrom('clients')
        .select('record')
        .where((eb) => eb.and(conditionsOf(request, place)))
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
        .updateTable('clients')
        .set(changingColumns(client))
        .where('client_id', '=', client.clientId)
        .where('version', '=', expectedVersion)
        .returning('client_id')
        .executeTakeFirst()
      return updated !== undefined
    },

    async delete(clientId, expectedVersion) {
      const deleted = await db
        .deleteFrom('clients')
        .where('client_id', '=', clientId)
        .$if(expectedVersion !== undefined, (query) =>
          query.where('version', '=', expectedVersion ?? 0),
        )
        .returning('client_id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}

function changingColumns(client: ClientRecord) {
  return {
    version: client.version,
    searchable_name: searchableText(client.name),
    record: JSON.stringify(client),
  }
}

function conditionsOf(
  { audience, tenantId, clientType, nameContains = '' }: ClientListRequest,
  [, createdAt, clientId]: ReadonlyArray<string> = [],
): Array<RawBuilder<SqlBool>> {
  const conditions = [
    clientId && sql<boolean>`(created_at, client_id) < (${createdAt}::bigint, ${clientId})`,
    audience && sql<boolean>`audience = ${audience}`,
    tenantId !== undefined && sql<boolean>`tenant_id = ${tenantId}`,
    clientType && sql<boolean>`client_type = ${clientType}`,
    nameContains && nameCondition(searchableText(nameContains)),
  ]
  return conditions.filter((condition) => typeof condition === 'object')
}

/** Escapes a text for LIKE: every character stands for itself. */
function nameCondition(part: string): RawBuilder<SqlBool> {
  // Postgres refuses a NUL as a parameter; no name has one.
  return part.includes('\0') ? sql`false` : sql`position(${part} in searchable_name) > 0`
}
