/**
 * Stores with a replica that takes over when the primary is killed. All of it is real.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { chownSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import { type ClusterOptions, Redis } from 'ioredis'
import { createKeys } from '../../adapters/redis/keys.ts'
import { findFreePort } from '../helpers/free-port.ts'
import { openStorageAt } from '../helpers/instance-storage.ts'
import { type LossyProxy, startLossyProxy } from '../helpers/lossy-proxy.ts'
import { listKeys } from '../helpers/redis-keys.ts'
import {
  accountOfServer,
  findBinaries,
  type RunningPostgres,
  startPostgres,
} from '../helpers/start-postgres.ts'
import { makeDirectory, startProcess } from '../helpers/start-process.ts'
import { startRedisProcess } from '../helpers/start-redis.ts'
import {
  moveSlot,
  startRedisCluster,
  type TestRedisCluster,
} from '../helpers/start-redis-cluster.ts'
import type { FamilyHistory, OpenedTwice } from './history.ts'
import { startPGlite } from './pglite.ts'
import type { Kept } from './survived.ts'

const HOST = '127.0.0.1'
const LAST_SLOT_OF_FIRST = 5460
const POLL_MILLISECONDS = 20
const TAKEOVER_MILLISECONDS = 120_000

/** A store with a replica. */
export interface ReplicatedStore {
  /** As two processes have opened it. */
  readonly storages: OpenedTwice
  /** Whether all that it acknowledges is there afterwards. */
  readonly losesNothing: boolean
  /** Whether no call fails meanwhile. */
  readonly servesMeanwhile?: boolean
  /** Waits until the replica has all that was acknowledged, and receives what comes. */
  untilReplicated(): Promise<void>
  /** Nothing reaches the replica any more, and nobody notices yet. */
  holdReplication(): void
  /** Kills the primary, and waits until the replica has taken over and takes writes. */
  failOver(): Promise<void>
  /** What of a family the primary has that is killed; all of it unless the store says otherwise. */
  keptByPrimary?(history: FamilyHistory): Promise<Kept>
  close(): Promise<void>
}

/** How each is started. */
export const REPLICATED_STORES: Readonly<Record<string, () => Promise<ReplicatedStore>>> = {
  redis: startRedisWithSentinel,
  'redis-cluster': startClusterWithReplica,
  'redis-cluster-resharding': startReshardingCluster,
  pglite: startKilledPGlite,
  postgres: () => startPostgresWithStandby(false),
  'postgres-synchronous': () => startPostgresWithStandby(true),
}

async function startRedisWithSentinel(): Promise<ReplicatedStore> {
  const directory = await makeDirectory('sentinel')
  const [primaryPort, replicaPort, sentinelPort] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ]
  const socket = join(directory.path, 'primary.sock')
  const listening = (port: number): ReadonlyArray<string> => ['--bind', HOST, '--port', `${port}`]
  const primary = await startRedisProcess(directory.path, [
    ...listening(primaryPort),
    ...['--unixsocket', socket, '--repl-diskless-sync-delay', '0'],
  ])
  const proxy = await startLossyProxy(socket)
  const replica = await startRedisProcess(directory.path, [
    ...listening(replicaPort),
    ...['--replicaof', proxy.host, `${proxy.port}`],
    ...['--replica-announce-ip', HOST], // the primary sees a Unix socket
  ])
  const configuration = join(directory.path, 'sentinel.conf') // it writes there
  writeFileSync(
    configuration,
    `bind ${HOST}
port ${sentinelPort}
sentinel monitor oauth ${HOST} ${primaryPort} 1
sentinel down-after-milliseconds oauth 500
`,
  )
  // It learns of the replica from the primary.
  const sentinel = await startProcess(
    'redis-server',
    [configuration, '--sentinel'],
    /\+slave slave/,
  )
  const connect = (): Redis =>
    new Redis({
      sentinels: [{ host: HOST, port: sentinelPort }],
      name: 'oauth',
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => POLL_MILLISECONDS,
      sentinelRetryStrategy: () => POLL_MILLISECONDS,
    }).on('error', () => undefined)
  const clients = [connect(), connect()] as const
  const storages: OpenedTwice = [
    createRedisStorage({ client: clients[0] }),
    createRedisStorage({ client: clients[1] }),
  ]
  await untilWritable(storages)
  return {
    storages,
    losesNothing: false,
    untilReplicated: () => until(() => hasReplicated(clients[0])),
    holdReplication: () => proxy.silence(),
    async failOver() {
      await primary.kill()
      await untilWritable(storages)
    },
    async close() {
      for (const client of clients) client.disconnect()
      await Promise.all([sentinel.crash(), replica.kill(), primary.kill(), proxy.close()])
      await directory.remove()
    },
  }
}

/** Of three masters, the first has a replica and is killed. */
async function startClusterWithReplica(): Promise<ReplicatedStore> {
  const cluster = await startRedisCluster()
  const [first] = cluster.masters
  if (first === undefined) throw new Error('there must be a master')
  // Who may no longer replicate is cut off.
  await first.call('ACL', 'SETUSER', 'replica', 'on', '>secret', '+psync', '+replconf', '+ping')
  await cluster.addReplica([
    ...['--masteruser', 'replica', '--masterauth', 'secret'],
    ...['--cluster-replica-validity-factor', '0'],
  ])
  const storages = await openClusterTwice(cluster, {
    // Gives up before the replica takes over.
    maxRedirections: 3,
    retryDelayOnFailover: POLL_MILLISECONDS,
    retryDelayOnClusterDown: POLL_MILLISECONDS,
  })
  let isHeld: Promise<unknown> | undefined
  return {
    storages,
    losesNothing: false,
    untilReplicated: () => until(() => hasReplicated(first)),
    holdReplication() {
      isHeld = first.call('ACL', 'DELUSER', 'replica')
    },
    async failOver() {
      await isHeld
      await cluster.failOverFirst()
    },
    keptByPrimary: (history) => findKept(cluster, history),
    close: () => cluster.stop(),
  }
}

/**
 * Whether the replica has acknowledged all that the primary has. A new one says that its link is up as much as a second
 * before the primary sends it anything.
 */
async function hasReplicated(primary: Redis): Promise<boolean> {
  const [, offset, replicas] = (await primary.role()) as [
    string,
    number,
    Array<[string, string, string]>,
  ]
  return replicas.some(([, , acknowledged]) => Number(acknowledged) >= offset)
}

/** The families of the first of three masters move to the second. */
async function startReshardingCluster(): Promise<ReplicatedStore> {
  const cluster = await startRedisCluster()
  const [from, to] = cluster.masters
  if (from === undefined || to === undefined) throw new Error('there must be two masters')
  return {
    storages: await openClusterTwice(cluster),
    losesNothing: true,
    servesMeanwhile: true,
    untilReplicated: async () => undefined,
    holdReplication: () => undefined,
    async failOver() {
      const slots = new Set<number>()
      for (const key of await listKeys(from, '')) {
        slots.add(Number(await from.cluster('KEYSLOT', key)))
      }
      for (const slot of slots) await moveSlot(cluster, slot, { from, to })
    },
    close: () => cluster.stop(),
  }
}

async function openClusterTwice(
  cluster: TestRedisCluster,
  options?: ClusterOptions,
): Promise<OpenedTwice> {
  const clients = [cluster.connect(options), cluster.connect(options)] as const
  const storages: OpenedTwice = [
    createRedisStorage({ client: clients[0] }),
    createRedisStorage({ client: clients[1] }),
  ]
  await untilWritable(storages)
  return storages
}

async function findKept(
  { masters }: TestRedisCluster,
  { userId, consentId, familyId }: FamilyHistory,
): Promise<Kept> {
  const isOnFirst = async (key: string): Promise<boolean> => {
    const slot = Number(await masters.at(-1)?.cluster('KEYSLOT', key))
    return slot <= LAST_SLOT_OF_FIRST
  }
  const keys = createKeys('teamcast-oauth:')
  return {
    entry: await isOnFirst(keys.consentIndex(userId)),
    family: await isOnFirst(keys.consent(consentId)),
    revocation: await isOnFirst(keys.revocation('family', familyId)),
  }
}

/** There is no replica: what the killed process has left is opened by another one. */
async function startKilledPGlite(): Promise<ReplicatedStore> {
  const pglite = await startPGlite()
  return {
    storages: [pglite.storage, pglite.storage],
    losesNothing: true,
    untilReplicated: async () => undefined,
    holdReplication: () => undefined,
    failOver: () => pglite.restart(),
    close: () => pglite.close(),
  }
}

async function startPostgresWithStandby(isSynchronous: boolean): Promise<ReplicatedStore> {
  const primary = await startPostgres({ durable: true })
  const proxy = await startLossyProxy(join(primary.socketDirectory, '.s.PGSQL.5432'))
  // The name of the primary, as an address or a load balancer is.
  const directory = await makeDirectory('postgres-name')
  const name = join(directory.path, 'primary')
  symlinkSync(primary.socketDirectory, name)
  const location = { kind: 'postgres', socketDirectory: name } as const
  const opened = [await openStorageAt(location), await openStorageAt(location)] as const
  const storages: OpenedTwice = [opened[0].storage, opened[1].storage]
  const standby = await startStandby(primary, proxy)
  if (isSynchronous) await waitForStandbyAtCommit(primary)
  return {
    storages,
    losesNothing: isSynchronous,
    untilReplicated: () => until(() => hasStreamed(primary)),
    holdReplication: () => proxy.silence(),
    async failOver() {
      await primary.kill()
      await standby.promote()
      unlinkSync(name)
      symlinkSync(standby.socketDirectory, name)
      await untilWritable(storages)
    },
    async close() {
      await Promise.all(opened.map(({ close }) => close()))
      await Promise.all([standby.stop(), primary.stop(), proxy.close()])
      await directory.remove()
    },
  }
}

interface Standby {
  readonly socketDirectory: string
  promote(): Promise<void>
  stop(): Promise<void>
}

/** Copies a primary, and follows it by way of a proxy. */
async function startStandby(
  primary: RunningPostgres,
  { host, port }: LossyProxy,
): Promise<Standby> {
  const binaries = findBinaries()
  const account = accountOfServer()
  const directory = await makeDirectory('postgres-standby')
  chownSync(directory.path, account.uid, account.gid)
  const data = join(directory.path, 'data')
  const run = (program: string, ...parameters: ReadonlyArray<string>): Promise<unknown> =>
    promisify(execFile)(join(binaries, program), parameters, { ...account, cwd: directory.path })
  await run(
    'pg_basebackup',
    ...['--host', primary.socketDirectory, '--username', 'postgres', '--pgdata', data],
    ...['--checkpoint', 'fast', '--write-recovery-conf'],
  )
  const connection = `host=${host} port=${port} user=postgres application_name=standby`
  const process = await startProcess(
    join(binaries, 'postgres'),
    [
      ...['-D', data, '-k', directory.path],
      // No fewer connections than the primary.
      ...['-c', 'listen_addresses=', '-c', 'max_connections=200'],
      ...['-c', `primary_conninfo=${connection}`],
    ],
    /database system is ready to accept read-only connections/,
    { ...account, cwd: directory.path },
  )
  return {
    socketDirectory: directory.path,
    promote: async () => void (await run('pg_ctl', 'promote', '--pgdata', data)),
    async stop() {
      await process.stop('SIGQUIT')
      await directory.remove()
    },
  }
}

/** Whether the standby has all that is committed. */
async function hasStreamed(primary: RunningPostgres): Promise<boolean> {
  const pool = primary.connect({ max: 1 })
  const { rows } = await pool.query(
    'select from pg_stat_replication where flush_lsn >= pg_current_wal_flush_lsn()',
  )
  await pool.end()
  return rows.length > 0
}

/** From now on a commit is acknowledged when the standby has it. */
async function waitForStandbyAtCommit(primary: RunningPostgres): Promise<void> {
  const pool = primary.connect({ max: 1 })
  await pool.query("alter system set synchronous_standby_names = 'standby'")
  await pool.query('select pg_reload_conf()')
  const isSynchronous = async (): Promise<boolean> => {
    const { rows } = await pool.query("select from pg_stat_replication where sync_state = 'sync'")
    return rows.length > 0
  }
  while (!(await isSynchronous())) await delay(POLL_MILLISECONDS)
  await pool.end()
}

async function untilWritable(storages: OpenedTwice): Promise<void> {
  const backends = storages.flatMap((storage) => storage.backends)
  const isWritable = async (): Promise<boolean> => {
    const pings = await Promise.allSettled(backends.map((backend) => backend.ping()))
    return pings.every(({ status }) => status === 'fulfilled')
  }
  await until(isWritable)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TAKEOVER_MILLISECONDS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('the replica takes too long')
    await delay(POLL_MILLISECONDS)
  }
}
