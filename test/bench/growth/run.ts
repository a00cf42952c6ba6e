/**
 * Measures what grows: clients, token families, connections, servers on one store, and a day of traffic.
 *
 * `npm run bench:growth -- [memory] [redis] [postgres]`, with `--write` to commit what was found, or with `--quick` to see
 * that it runs. It starts and fills the stores itself.
 *
 * @module
 */

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { STORES, type StoreName } from '../servers.ts'
import { describeMachine } from '../setting.ts'
import { type DayEffort, liveADay } from './day.ts'
import { GrowthRun, type GrowthSizes } from './dimensions.ts'
import {
  type GrowthFigures,
  type GrowthRow,
  type HourFigures,
  writeGrowthFigures,
} from './growth-figures.ts'
import { formatGrowth, formatScalingOut, writeGrowth } from './growth-page.ts'
import type { GrowthEffort } from './measure-growth.ts'

interface Plan {
  readonly effort: GrowthEffort
  readonly day: DayEffort
  readonly sizes: GrowthSizes
}

const FULL: Plan = {
  effort: { warmUps: 2, repetitions: 7, turns: 4, turnMilliseconds: 60 },
  day: { users: 16, visits: 2 },
  sizes: {
    clients: [10, 10_000, 100_000],
    families: [10_000, 1_000_000],
    connections: [1, 16, 64, 256],
    revocations: 64,
  },
}
const QUICK: Plan = {
  effort: { warmUps: 1, repetitions: 2, turns: 2, turnMilliseconds: 10 },
  day: { users: 2, visits: 1 },
  sizes: {
    clients: [10, 100, 1_000],
    families: [1_000, 10_000],
    connections: [1, 16],
    revocations: 16,
  },
}
/** Memory refuses more than 100 000 families unless it is told otherwise. */
const MOST_FAMILIES_IN_MEMORY = 100_000

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !STORES.some((store) => store === name))
if (unknown.length > 0) {
  throw new Error(`no store ${unknown.join(', ')}; there are ${STORES.join(', ')}`)
}
const stores = STORES.filter((store) => positionals.length === 0 || positionals.includes(store))
if (options.write && (options.quick || stores.length < STORES.length)) {
  throw new Error('--write needs a whole run of every store')
}
const plan = options.quick ? QUICK : FULL

const rows: Array<GrowthRow> = []
const day: Array<HourFigures> = []

async function measureStore(store: StoreName): Promise<void> {
  const run = new GrowthRun(store, plan.effort, (row) => {
    rows.push(row)
    process.stderr.write(`${store}, ${row.dimension}, ${row.path}: ${row.ratio.median}\n`)
  })
  const families = plan.sizes.families.map((size) =>
    store === 'memory' ? Math.min(size, MOST_FAMILIES_IN_MEMORY) : size,
  )
  await run.measureClients(plan.sizes.clients)
  await run.measureFamilies({ ...plan.sizes, families })
  await run.measureConnections(plan.sizes.connections)
  if (store !== 'memory') await run.measureProcesses()
  day.push(...(await liveADay(store, await run.startServer(), plan.day)))
  await run.stop()
}

const [loadBefore = 0] = loadavg()
for (const store of stores) {
  const startedAt = performance.now()
  await measureStore(store)
  process.stderr.write(`${store}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`)
}
const figures: GrowthFigures = {
  date: new Date().toISOString().slice(0, 10),
  setting: describeMachine(loadBefore),
  repetitions: plan.effort.repetitions,
  rows,
  day,
}
process.stdout.write(`${formatGrowth(figures)}\n\n${formatScalingOut(figures)}\n`)
if (options.write) {
  writeGrowthFigures(figures)
  writeGrowth(figures)
}
