/**
 * A real Redis Cluster of three masters on free ports of 127.0.0.1.
 *
 * @module
 */

import { createServer } from 'node:net'
import { Cluster, Redis } from 'ioredis'
import { makeDirectory, type RunningProcess, startProcess } from './start-process.ts'

const SLOTS = 16_384
const MASTERS = 3
// Redis uses the port and, for its cluster bus, the one this much above it.
const BUS_OFFSET = 10_000
const HIGHEST_PORT = 65_535 - BUS_OFFSET

/** A cluster that runs. */
export interface RunningRedisCluster {
  readonly ports: ReadonlyArray<number>
  stop(): Promise<void>
}

/** Starts an empty cluster and waits until it serves all slots. */
export async function startRedisCluster(): Promise<RunningRedisCluster> {
  const directory = await makeDirectory('redis-cluster')
  const ports: Array<number> = []
  const processes: Array<RunningProcess> = []
  for (let index = 0; index < MASTERS; index += 1) {
    const port = await findFreePort()
    const parameters = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory.path],
      ...['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${port}.conf`],
      ...['--save', '', '--appendonly', 'no'],
    ]
    processes.push(await startProcess('redis-server', parameters, /ready to accept connections/i))
    ports.push(port)
  }
  await formCluster(ports)
  return {
    ports,
    async stop() {
      await Promise.all(processes.map((process) => process.stop('SIGKILL')))
      await directory.remove()
    },
  }
}

async function formCluster(ports: ReadonlyArray<number>): Promise<void> {
  const nodes = ports.map((port) => new Redis({ host: '127.0.0.1', port }))
  for (const [index, node] of nodes.entries()) {
    const first = Math.floor((SLOTS * index) / MASTERS)
    const last = Math.floor((SLOTS * (index + 1)) / MASTERS) - 1
    await node.call('CLUSTER', ['SET-CONFIG-EPOCH', index + 1])
    await node.call('CLUSTER', ['ADDSLOTSRANGE', first, last])
  }
  for (const port of ports.slice(1)) await nodes[0]?.call('CLUSTER', ['MEET', '127.0.0.1', port])
  for (const node of nodes) {
    let info = ''
    while (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${MASTERS}`)) {
      info = String(await node.call('CLUSTER', ['INFO']))
    }
    node.disconnect()
  }
}

/** Connects to a cluster, once it is seen to be whole. */
export async function connectToCluster(ports: ReadonlyArray<number>): Promise<Cluster> {
  const cluster = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
  await cluster.call('GET', ['any'])
  return cluster
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port > HIGHEST_PORT ? findFreePort() : port))
    })
  })
}
