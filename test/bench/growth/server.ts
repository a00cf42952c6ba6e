/**
 * Our server in a process of its own, which also fills its store: `node server.ts memory|redis|postgres [connection]`.
 * Prints its issuer, and does what it is told.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import type { JWK } from 'jose'
import { Pool } from 'pg'
import { createOurServer, openStorage } from '../our-server.ts'
import type { StoreName } from '../servers.ts'
import { addClients } from './add-clients.ts'
import { addFamilies } from './add-families.ts'
import type { Results, Stock, Task } from './messages.ts'
import { countRecords, removeExpired } from './records.ts'

const [store, connection = ''] = process.argv.slice(2) as [StoreName, string?]
const signingKey = JSON.parse(process.env['BENCH_SIGNING_KEY'] ?? '') as JWK
setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** As many as the largest run has, and what is issued meanwhile. */
const MAX_RECORDS = 1_000_000

let clockSeconds = 0
const clock = (): number => Math.floor(Date.now() / 1000) + clockSeconds

const redis = store === 'redis' ? new Redis(connection) : undefined
const pool =
  store === 'postgres' ? new Pool({ host: connection, user: 'postgres', max: 10 }) : undefined

function required<Driver>(driver: Driver | undefined): Driver {
  if (driver === undefined) throw new Error(`${store} has no such driver`)
  return driver
}

const drivers = {
  connectRedis: async () => required(redis),
  connectPostgres: () => required(pool),
}
const storage = await openStorage(store, drivers, { maxRecords: MAX_RECORDS })

async function takeStock(): Promise<Stock> {
  const records = await countRecords({ redis, pool })
  collectGarbage()
  const { rss, heapUsed } = process.memoryUsage()
  return { residentMegabytes: rss / 2 ** 20, heapMegabytes: heapUsed / 2 ** 20, records }
}

async function perform(task: Task, issuer: string): Promise<Results[Task['task']]> {
  switch (task.task) {
    case 'add clients':
      await addClients({ storage, pool }, task.count)
      return true
    case 'add families':
      return await addFamilies({ storage, redis, pool, issuer }, task, clock())
    case 'move clock':
      clockSeconds += task.seconds
      await removeExpired({ redis, pool }, clock())
      return true
    case 'take stock':
      return await takeStock()
  }
}

process.on('disconnect', () => process.exit()) // nobody measures any more

const server = createServer()
server.keepAliveTimeout = 0 // connections wait while other servers are measured
server.listen(0, '127.0.0.1', 1024, async () => {
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const more = { clock, authorizeSuperAdmin: () => 'allowed' as const }
  const app = await createOurServer(issuer, signingKey, storage, more)
  app.silent = true
  server.on('request', app.callback())
  process.on('message', async (task: Task) => {
    const result = await perform(task, issuer)
    collectGarbage() // what the task left must not be collected while requests are measured
    process.send?.(result)
  })
  process.stdout.write(`${issuer}\n`)
})
