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
const READY_MILLISECONDS = 120_000

/** A cluster that was started. */
export interface TestRedisCluster {
  /** Where its masters listen. */
  readonly ports: ReadonlyArray<number>
  /** Opens a connection to the cluster, which ends with it at the latest. */
  connect(options?: Omit<ClusterOptions, 'redisOptions'>): Cluster
  /** Connections to each of its masters. */
  readonly masters: ReadonlyArray<Redis>
  /** Ends it and removes what it left. */
  stop(): Promise<void>
}

/** Starts a cluster and waits until every master knows that it serves all slots. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const directory = await makeDirectory('redis-cluster')
  const nodes: Array<Node> = []
  const clusters: Array<Cluster> = []
  const stop = async (): Promise<void> => {
    for (const cluster of clusters) cluster.disconnect()
    for (const { client } of nodes) client.disconnect()
    for (const { process } of nodes) await process.kill()
    await directory.remove()
  }
  try {
    for (const index of SLOT_RANGES.keys()) nodes.push(await startNode(directory.path, index))
    await joinNodes(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  const ports = nodes.map(({ port }) => port)
  return {
    ports,
    masters: nodes.map(({ client }) => client),
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

async function startNode(directory: string, index: number): Promise<Node> {
  const [port, busPort] = [await findFreePort(), await findFreePort()]
  const process = await startRedisProcess(directory, [
    ...['--bind', HOST, '--port', String(port)],
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-config-file', `node-${index}.conf`, '--cluster-node-timeout', '5000'],
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
  for (const { port, busPort } of others) {
    await first?.client.call('CLUSTER', 'MEET', HOST, String(port), String(busPort))
  }
  const deadline = performance.now() + READY_MILLISECONDS
  for (const { client } of nodes) {
    while (!(await isReady(client))) {
      if (performance.now() > deadline) throw new Error('the cluster must become ready')
      await delay(POLL_MILLISECONDS)
    }
  }
}

async function isReady(client: Redis): Promise<boolean> {
  const info = String(await client.cluster('INFO'))
  return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
}
