/**
 * Compares our server with the base, with the floor and with two other libraries, on the same stores.
 *
 * `npm run bench -- [memory] [redis] [postgres]`, with `--compare` to say what became slower than the committed figures
 * (exit code 1 when something did), with `--write` to commit what was found, or with `--quick` to see that it runs.
 * It starts the stores itself. The servers have one core, the load and the stores the other; 16 connections, closed
 * loop; the servers are measured in turn. Figures of two runs cannot be compared, ratios can.
 *
 * @module
 */

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import {
  compareFigures,
  type Figures,
  quantile,
  type Row,
  readFigures,
  writeFigures,
} from './figures.ts'
import { type Effort, measurePath } from './measure.ts'
import { type MeasuredServer, startServer, startSigner } from './measured-processes.ts'
import { formatFigures, formatRatios, writePage } from './performance-page.ts'
import { pathsOf, SERVERS, STORES, serversOf } from './servers.ts'
import { describeMachine } from './setting.ts'
import { startStore } from './start-store.ts'

const FULL: Effort = {
  warmUps: 3,
  repetitions: 9,
  turns: 8,
  turnMilliseconds: 70,
  stock: 16,
  stockMilliseconds: 1_500,
  pathMilliseconds: 40_000,
}
const QUICK: Effort = {
  warmUps: 1,
  repetitions: 3,
  turns: 2,
  turnMilliseconds: 10,
  stock: 2,
  stockMilliseconds: 200,
  pathMilliseconds: 5_000,
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    compare: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const effort = options.quick ? QUICK : FULL
const stores = STORES.filter((store) => positionals.length === 0 || positionals.includes(store))
const unknown = positionals.filter((name) => !STORES.some((store) => store === name))
if (unknown.length > 0) {
  throw new Error(`no store ${unknown.join(', ')}; there are ${STORES.join(', ')}`)
}
if (options.quick && (options.compare || options.write)) {
  throw new Error('--quick measures too little for --compare and --write')
}
if (options.write && stores.length < STORES.length) {
  throw new Error('--write needs a run of every store')
}

const [loadBefore = 0] = loadavg()
const signer = startSigner()
const signatures: Array<number> = []
const rows: Array<Row> = []
for (const name of stores) {
  const started: Array<Awaited<ReturnType<typeof startStore>>> = []
  const servers: Array<MeasuredServer> = []
  const names = SERVERS.filter((server) =>
    pathsOf(name).some((path) => serversOf(name, path).includes(server)),
  )
  for (const server of names) {
    const own = await startStore(server === 'floor' ? 'memory' : name)
    started.push(own)
    servers.push(await startServer(server, name, own.store))
  }
  for (const path of pathsOf(name)) {
    const startedAt = performance.now()
    const { row, signatureMicroseconds } = await measurePath(name, path, servers, signer, effort)
    rows.push(row)
    signatures.push(...signatureMicroseconds)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
    process.stderr.write(`${name}, ${path}: ${seconds} s\n`)
  }
  await Promise.all(servers.map((server) => server.stop()))
  await Promise.all(started.map(({ stop }) => stop()))
}
await signer.stop()

const { dependencies, devDependencies } = packageJson
const figures: Figures = {
  date: new Date().toISOString().slice(0, 10),
  setting: {
    ...describeMachine(loadBefore),
    'oidc-provider': dependencies['oidc-provider'],
    '@node-oauth/oauth2-server': devDependencies['@node-oauth/oauth2-server'],
    'better-auth': `${devDependencies['better-auth']} with @better-auth/oauth-provider ${devDependencies['@better-auth/oauth-provider']}`,
  },
  repetitions: effort.repetitions,
  signatureMicroseconds: Number(quantile(signatures, 0.5).toPrecision(4)),
  rows,
}
process.stdout.write(`${formatRatios(figures)}\n\n${formatFigures(figures)}\n`)
if (options.compare) {
  const { slower, unclear } = compareFigures(readFigures(), figures)
  for (const change of unclear) process.stdout.write(`cannot tell, too much spread: ${change}\n`)
  for (const change of slower) process.stdout.write(`SLOWER: ${change}\n`)
  if (slower.length === 0) {
    const known = unclear.length === 0 ? '' : ' of what can be told'
    process.stdout.write(`nothing${known} became slower\n`)
  } else process.exitCode = 1
}
if (options.write) {
  writeFigures(figures)
  writePage(figures)
}
