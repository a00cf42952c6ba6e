/**
 * Whether ten thousand clients are slower than ten: the median of what administrators and clients do.
 *
 * `node --conditions=teamcast-source test/bench/client-registry.ts [memory] [redis] [postgres]`
 *
 * @module
 */

import type { NewClient, RegisteredClient, Storage } from '@teamcast/oauth-server'
import type { ClientRecord } from '@teamcast/oauth-server/storage'
import { startTestServer, type TestServer } from '@teamcast/oauth-server/testing'
import { fullClient } from '../../lib/storage/contract/sample-records.ts'
import { postAs } from '../helpers/requests.ts'
import { createStoreOpener, STORE_KINDS, type StoreKind } from '../helpers/store-kinds.ts'

const SIZES = [10, 10_000]
const REPETITIONS = 200
const PARALLEL_INSERTS = 50
const PATH = '/super-admin/oauth-clients'
const NEW_CLIENT: NewClient = {
  name: 'The one that is looked for',
  clientType: 'CONFIDENTIAL',
  scopes: ['interview:read'],
  allowedGrantTypes: ['client_credentials'],
}

/** Clients as alike as they are in a registry: tenants of ten, and names with a number in them. */
async function fill({ clients }: Storage, size: number): Promise<void> {
  for (let begin = 0; begin < size; begin += PARALLEL_INSERTS) {
    const length = Math.min(PARALLEL_INSERTS, size - begin)
    const records = Array.from({ length }, (_, offset) => recordOf(begin + offset))
    await Promise.all(records.map((record) => clients.insert(record)))
  }
}

function recordOf(index: number): ClientRecord {
  const isTenants = index % 2 === 0
  return fullClient({
    clientId: `tc_${index}`,
    name: `Partner application ${index}`,
    audience: isTenants ? 'TENANT' : 'PLATFORM',
    tenantId: isTenants ? `tenant-${Math.floor(index / 10)}` : undefined,
    clientType: 'PUBLIC',
    createdAt: 1_700_000_000 + index,
    secrets: [],
  })
}

type Measured = readonly [what: string, request: () => Promise<Response>]

function operations({ issuer }: TestServer, client: RegisteredClient): ReadonlyArray<Measured> {
  const get = (query: string): Promise<Response> => fetch(issuer + PATH + query)
  return [
    ['list, first page', () => get('')],
    ['list, one tenant', () => get('?tenantId=tenant-0')],
    ['list, by type', () => get('?clientType=PUBLIC&audience=TENANT')],
    ['search, a rare name', () => get('?name=looked%20for')],
    ['search, a common name', () => get('?name=partner')],
    ['search, no name', () => get('?name=nobody%20has%20this')],
    ['read one', () => get(`/${client.client.clientId}`)],
    [
      'token, client_credentials',
      () => postAs(client, `${issuer}/oauth/token`, { grant_type: 'client_credentials' }),
    ],
  ]
}

/** In milliseconds. */
async function medianOf([what, request]: Measured): Promise<number> {
  const latencies: Array<number> = []
  for (let count = 0; count < REPETITIONS; count += 1) {
    const before = performance.now()
    const response = await request()
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`${what} answered ${response.status}`)
    latencies.push(performance.now() - before)
  }
  latencies.sort((left, right) => left - right)
  return latencies[REPETITIONS / 2] ?? Number.NaN
}

async function measure(storage: Storage, size: number): Promise<ReadonlyMap<string, number>> {
  await fill(storage, size - 1)
  const server = await startTestServer({
    storage,
    authorizeSuperAdmin: () => 'allowed',
    clientCacheMilliseconds: 1000, // as in production
    storageTimeoutMilliseconds: 30_000, // what is slow is to be seen
  })
  const client = await server.registerClient(NEW_CLIENT)
  const medians = new Map<string, number>()
  for (const operation of operations(server, client)) {
    await medianOf(operation) // warms up
    medians.set(operation[0], await medianOf(operation))
  }
  await server.close()
  return medians
}

const stores = createStoreOpener()
const given = process.argv.slice(2)
const kinds: ReadonlyArray<StoreKind> =
  given.length === 0 ? STORE_KINDS : STORE_KINDS.filter((kind) => given.includes(kind))
process.stdout.write(`| store | path | ${SIZES.map((size) => `${size} clients`).join(' | ')} |\n`)
process.stdout.write(`|---|---|${'--:|'.repeat(SIZES.length)}\n`)
for (const kind of kinds) {
  const columns: Array<ReadonlyMap<string, number>> = []
  for (const size of SIZES) columns.push(await measure(await stores.open(kind), size))
  for (const what of columns[0]?.keys() ?? []) {
    const medians = columns.map((column) => column.get(what)?.toFixed(2))
    process.stdout.write(`| ${kind} | ${what} | ${medians.join(' | ')} |\n`)
  }
}
await stores.close()
