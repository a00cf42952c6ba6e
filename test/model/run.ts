/**
 * Follows life cycles for as long as it is told: `npm run model -- --minutes 30 --store redis`. It fails at the first
 * one that the specification does not allow, and prints the shortest history that it finds, and a line that follows
 * it again.
 *
 * - `--minutes`: how long; 1 unless it says otherwise.
 * - `--store`: `memory`, `redis`, `postgres` or `layered`; memory unless it says otherwise.
 * - `--seed`: which; a new one unless it says otherwise.
 * - `--path`: the history of that seed which failed.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { createStoreOpener, STORE_KINDS, type StoreKind } from '../helpers/store-kinds.ts'
import { anyHistory, type History } from './actions.ts'
import { follow } from './follow.ts'
import { startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    store: { type: 'string', default: 'memory' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    path: { type: 'string' },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  throw new Error('--minutes is a number above 0, and --seed a whole number')
}
const store = STORE_KINDS.find((kind) => kind === values.store)
if (store === undefined) throw new Error(`--store is one of ${STORE_KINDS.join(', ')}`)

/** How often a history is followed again: what requests at once lead to may differ. */
const ATTEMPTS = values.path === undefined ? 1 : 20

const start = performance.now()
const counts = { histories: 0, steps: 0, kills: 0, races: 0 }
const opener = createStoreOpener()
const system = await startSystem(await opener.open(store satisfies StoreKind))

async function followCounting(history: History): Promise<void> {
  counts.histories += 1
  counts.steps += history.steps.length
  counts.kills += history.steps.filter((step) => 'kill' in step && step.kill).length
  counts.races += history.steps.filter(({ kind }) => kind === 'race').length
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) await follow(system, history)
}

const details = await fc.check(fc.asyncProperty(anyHistory, followCounting), {
  seed,
  ...(values.path === undefined
    ? { numRuns: 1e9, interruptAfterTimeLimit: minutes * 60_000 }
    : { path: values.path, endOnFailure: true }),
})
await system.close()
await opener.close()

if (details.failed && details.counterexample !== null) {
  const [history] = details.counterexample
  const { errorInstance, counterexamplePath } = details
  process.stdout.write(
    `${JSON.stringify(history, undefined, 1)}\n${errorInstance instanceof Error ? errorInstance.stack : errorInstance}\n\n` +
      `npm run model -- --store ${store} --seed ${details.seed} --path ${counterexamplePath}\n`,
  )
}
const seconds = (performance.now() - start) / 1000
process.stdout.write(
  `${store}, seed ${seed}: ${counts.histories} histories, ${counts.steps} steps, of them ` +
    `${counts.races} of two at once and ${counts.kills} with a kill, in ${seconds.toFixed(0)} s: ` +
    `${details.failed ? 'FAILED' : 'nothing that the specification does not allow'}\n`,
)
process.exit(details.failed ? 1 : 0)
