/**
 * A real Redis Cluster of three masters for tests.
 *
 * @module
 */

import { setTimeout as delay } from 'node:timers/promises'
import { Cluster, type ClusterOptions, type Redis } from 'ioredis'
import { findFreePort } from './free-port.ts'
import { makeDirectory } from './start-process.ts'
import { connectQuietly, type RedisProcess, startRedisProcess } from './start-redis.ts'

const HOST = '127.0.0.1'
const SLOT_RANGES = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
] as const
const POLL_MILLISECONDS = 25
/** After how long without a response a node counts as dead: no busy one that lives may. */
const DEAD_AFTER_MILLISECONDS = 5000
const KILLED_AFTER_MILLISECONDS = 1000
const READY_MILLISECONDS = 120_000

/** A cluster that was started. */
export interface TestRedisCluster {
  /** Where its masters listen. */
  readonly ports: ReadonlyArray<number>
  /** Opens a connection to the cluster, which ends with it at the latest. */
  connect(options?: Omit<ClusterOptions, 'redisOptions'>): Cluster
  /** Connections to each of its masters. */
  readonly masters: ReadonlyArray<Redis>
  /** Starts a replica of the first master, and waits until it has what the master has. */
  addReplica(settings: ReadonlyArray<string>): Promise<void>
  /** Kills the first master as a power cut would, and waits until every other one says that its replica has taken over. */
  failOverFirst(): Promise<void>
  /** Ends it and removes what it left. */
  stop(): Promise<void>
}

/** Starts a cluster and waits until every master knows that it serves all slots. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const directory = await makeDirectory('redis-cluster')
  const nodes: Array<Node> = []
  const common = [
    ...['--cluster-node-timeout', String(DEAD_AFTER_MILLISECONDS)],
    ...['--repl-diskless-sync-delay', '0'],
  ]
  const clusters: Array<Cluster> = []
  const stop = async (): Promise<void> => {
    for (const cluster of clusters) cluster.disconnect()
    for (const { client } of nodes) client.disconnect()
    for (const { process } of nodes) await process.kill()
    await directory.remove()
  }
  try {
    for (const index of SLOT_RANGES.keys()) {
      nodes.push(await startNode(directory.path, index, common))
    }
    await joinNodes(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  const ports = nodes.map(({ port }) => port)
  return {
    ports,
    masters: nodes.map(({ client }) => client),
    async addReplica(settings) {
      const replica = await startNode(directory.path, nodes.length, [...common, ...settings])
      const masters = [...nodes]
      nodes.push(replica)
      await meet(replica, masters)
      for (const { client } of nodes) await until(() => isReady(client, nodes.length))
      await replica.client.cluster('REPLICATE', await masterIdOf(masters[0]?.client))
      await until(async () => {
        const info = await replica.client.info('replication')
        return info.includes('master_link_status:up')
      })
    },
    async failOverFirst() {
      const [first, ...others] = nodes
      const countAsDeadAfter = async (milliseconds: number): Promise<void> => {
        for (const { client } of others) {
          await client.config('SET', 'cluster-node-timeout', String(milliseconds))
        }
      }
      await countAsDeadAfter(KILLED_AFTER_MILLISECONDS)
      await first?.process.kill()
      for (const { client } of others) await until(() => hasFailedOver(client))
      await countAsDeadAfter(DEAD_AFTER_MILLISECONDS)
    },
    connect(options = {}) {
      const startupNodes = ports.map((port) => ({ host: HOST, port }))
      const cluster = new Cluster(startupNodes, options)
      cluster.on('error', () => undefined)
      clusters.push(cluster)
      return cluster
    },
    stop,
  }
}

interface Node {
  readonly port: number
  readonly busPort: number
  readonly process: RedisProcess
  readonly client: Redis
}

async function startNode(
  directory: string,
  index: number,
  settings: ReadonlyArray<string>,
): Promise<Node> {
  const [port, busPort] = [await findFreePort(), await findFreePort()]
  const process = await startRedisProcess(directory, [
    ...['--bind', HOST, '--port', String(port)],
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-config-file', `node-${index}.conf`, ...settings],
  ])
  return { port, busPort, process, client: connectQuietly({ host: HOST, port }) }
}

async function joinNodes(nodes: ReadonlyArray<Node>): Promise<void> {
  for (const [index, { client }] of nodes.entries()) {
    const [from, to] = SLOT_RANGES[index] ?? [0, 0]
    await client.cluster('SET-CONFIG-EPOCH', index + 1)
    await client.cluster('ADDSLOTSRANGE', from, to)
  }
  const [first, ...others] = nodes
  for (const other of others) if (first !== undefined) await meet(first, [other])
  for (const { client } of nodes) await until(() => isReady(client, nodes.length))
}

async function meet({ client }: Node, others: ReadonlyArray<Node>): Promise<void> {
  for (const { port, busPort } of others) {
    await client.call('CLUSTER', 'MEET', HOST, String(port), String(busPort))
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_MILLISECONDS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('the cluster must become ready')
    await delay(POLL_MILLISECONDS)
  }
}

async function isReady(client: Redis, count: number): Promise<boolean> {
  const info = String(await client.cluster('INFO'))
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}`)
}

async function hasFailedOver(client: Redis): Promise<boolean> {
  const info = String(await client.cluster('INFO'))
  const nodes = String(await client.cluster('NODES'))
  return info.includes('cluster_state:ok') && /master,fail /.test(nodes)
}

/** The id of a node of a cluster. */
export async function masterIdOf(client: Redis | undefined): Promise<string> {
  return String(await client?.cluster('MYID'))
}

/** Moves a slot from the master that has it to another, key by key. */
export async function moveSlot(
  { masters }: TestRedisCluster,
  slot: number,
  { from, to }: { readonly from: Redis; readonly to: Redis },
): Promise<void> {
  const [fromId, toId] = [await masterIdOf(from), await masterIdOf(to)]
  await to.cluster('SETSLOT', slot, 'IMPORTING', fromId)
  await from.cluster('SETSLOT', slot, 'MIGRATING', toId)
  for (;;) {
    const names = await from.cluster('GETKEYSINSLOT', slot, 1000)
    if (names.length === 0) break
    for (const name of names) await from.migrate(HOST, to.options.port ?? 0, String(name), 0, 5000)
  }
  for (const master of [to, ...masters.filter((one) => one !== to)]) {
    await master.cluster('SETSLOT', slot, 'NODE', toId)
  }
}
