import type { Storage } from '@teamcast/oauth-server'
import type { ClientRecord } from '@teamcast/oauth-server/storage'
import type { Pool } from 'pg'
import { fullClient } from '../../../lib/storage/contract/sample-records.ts'
import { sha256 } from '../../../lib/util/sha256.ts'
import { BENCH_CLIENT_SECRET, BENCH_SCOPES } from '../fixture.ts'

const PARALLEL_INSERTS = 100
const CLIENTS_OF_A_TENANT = 10

/** Copies a client as {@link clientOf} makes them: SQL is ten times faster than one statement for each. */
const COPY_CLIENT = `
insert into oauth.clients
select (jsonb_populate_record(client, jsonb_build_object(
  'client_id', 'growth-' || number,
  'created_at', client.created_at + number,
  'tenant_id', 'tenant-' || number / ${CLIENTS_OF_A_TENANT},
  'searchable_name', 'partner application ' || number,
  'record', replace(replace(replace(replace(client.record,
    '"growth-0"', '"growth-' || number || '"'),
    '"Partner application 0"', '"Partner application ' || number || '"'),
    '"tenant-0"', '"tenant-' || number / ${CLIENTS_OF_A_TENANT} || '"'),
    '"createdAt":' || client.created_at, '"createdAt":' || client.created_at + number)))).*
from oauth.clients client, generate_series($1::bigint, $2::bigint) number
where client.client_id = 'growth-0'`

/** The id of a client that was added. */
export const clientIdOf = (number: number): string => `growth-${number}`

/** Clients as alike as they are in a registry: tenants of ten, and names with a number in them. */
function clientOf(number: number): ClientRecord {
  return fullClient({
    clientId: clientIdOf(number),
    name: `Partner application ${number}`,
    audience: 'TENANT',
    tenantId: `tenant-${Math.floor(number / CLIENTS_OF_A_TENANT)}`,
    scopes: BENCH_SCOPES,
    createdAt: 1_700_000_000 + number,
    secrets: [
      {
        secretId: 'bench-secret',
        hash: sha256(BENCH_CLIENT_SECRET),
        hint: 'tcs_',
        createdAt: 0,
        expiresAt: undefined,
        lastUsedAt: undefined,
      },
    ],
  })
}

/** Where clients are added. */
export interface ClientTarget {
  readonly storage: Storage
  readonly pool: Pool | undefined
}

/** Adds clients 0 to `count - 1`. */
export async function addClients({ storage, pool }: ClientTarget, count: number): Promise<void> {
  await storage.clients.insert(clientOf(0))
  if (pool !== undefined) {
    await pool.query(COPY_CLIENT, [1, count - 1])
    await pool.query('vacuum analyze oauth.clients')
    return
  }
  for (let begin = 1; begin < count; begin += PARALLEL_INSERTS) {
    const length = Math.min(PARALLEL_INSERTS, count - begin)
    const records = Array.from({ length }, (_, offset) => clientOf(begin + offset))
    await Promise.all(records.map((record) => storage.clients.insert(record)))
  }
}
