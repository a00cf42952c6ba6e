/**
 * Kills primaries under load, and looks at what their replicas have: `npm run fail-over -- --store postgres --rounds 10`.
 * It fails when what is gone is not the end of what was done, or when something is there that must not be.
 *
 * - `--store`: `redis` (with Sentinel), `redis-cluster`, `redis-cluster-resharding` (nothing is killed: slots move),
 *   `pglite` (its process is killed, and another one opens what it left), `postgres` (with a standby), or
 *   `postgres-synchronous` (one that commits wait for); redis unless it says otherwise.
 * - `--rounds`: how many, each with new servers; 1 unless it says otherwise.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { failOver } from './fail-over.ts'
import { REPLICATED_STORES } from './replicated-stores.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'redis' },
    rounds: { type: 'string', default: '1' },
  },
})
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new Error('--rounds is a whole number from 1')
const open = REPLICATED_STORES[values.store]
if (open === undefined)
  throw new Error(`--store is one of ${Object.keys(REPLICATED_STORES).join(', ')}`)

const start = performance.now()
const total = { families: 0, steps: 0, lost: 0, unrecorded: 0 }
for (let round = 0; round < rounds; round += 1) {
  const store = await open()
  const { families, steps, lost, unrecorded } = await failOver(store)
  await store.close()
  total.families += families
  total.steps += steps
  total.lost += lost
  total.unrecorded += unrecorded
}
const seconds = ((performance.now() - start) / 1000).toFixed(0)
const losses = [
  total.lost === 0 ? 'nothing lost' : `${total.lost} lost, each time the last ones`,
  ...(total.unrecorded === 0
    ? []
    : [`revoked families missing from the feed: ${total.unrecorded}`]),
  'one winner for each token that is left, nothing revoked lives',
]
process.stdout.write(
  `${values.store}: ${rounds === 1 ? 'once' : `${rounds} times`}, ${total.steps} acknowledged steps of ${total.families} families, in ${seconds} s: ${losses.join('; ')}\n`,
)
process.exit()
