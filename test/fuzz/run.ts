/**
 * Fuzzes every endpoint: `npm run fuzz -- --requests 100000 --seed 7`. What it finds it prints with a line
 * that sends the same request again.
 *
 * - `--requests`: how many; 10 000 unless it says otherwise.
 * - `--seed`: which; a new one unless it says otherwise.
 * - `--first`: the number of the first request.
 *
 * It fails when the heap has grown by more than 64 MiB since a fifth of the requests was sent.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { startFuzzTarget } from './fuzz-target.ts'
import { fuzzRequest } from './mutate.ts'

const WARM_UP_PART = 0.2
const ROUNDS_BETWEEN_LINES = 50
const MAXIMUM_GROWTH_BYTES = 64 * 2 ** 20
const MEBIBYTE = 2 ** 20

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    first: { type: 'string', default: '0' },
  },
})
const [requests, seed, first] = [values.requests, values.seed, values.first].map(Number)
if (![requests, seed, first].every((value) => Number.isSafeInteger(value) && Number(value) >= 0)) {
  throw new Error('--requests, --seed and --first are whole numbers')
}
const [count = 0, theSeed = 0, firstIndex = 0] = [requests, seed, first]

let printed = ''
const write = process.stdout.write.bind(process.stdout)
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array) => {
    printed += String(chunk)
    return write(chunk)
  }
}
const takePrinted = (): string => {
  const taken = printed
  printed = ''
  return taken
}

const usedBytes = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const start = performance.now()
let warmBytes: number | undefined
let rounds = 0
const target = await startFuzzTarget(takePrinted)
const findings = await fuzz(
  target,
  (index) => fuzzRequest(theSeed, index),
  { first: firstIndex, count },
  (sent) => {
    if (sent >= count * WARM_UP_PART) warmBytes ??= usedBytes()
    rounds += 1
    if (rounds % ROUNDS_BETWEEN_LINES === 0) {
      const seconds = (performance.now() - start) / 1000
      write(
        `${sent} requests, ${seconds.toFixed(0)} s, ${Math.round(usedBytes() / MEBIBYTE)} MiB\n`,
      )
    }
  },
)
await target.close()

for (const { index, problem } of findings) {
  write(`\nnpm run fuzz -- --seed ${theSeed} --first ${index} --requests 1\n`)
  write(`${JSON.stringify(fuzzRequest(theSeed, index)).slice(0, 3000)}\n${problem}\n`)
}
const growth = usedBytes() - (warmBytes ?? usedBytes())
const hasGrown = growth > MAXIMUM_GROWTH_BYTES
write(
  `\nseed ${theSeed}: ${count} requests, ${findings.length} findings, ` +
    `heap ${growth < 0 ? '' : '+'}${(growth / MEBIBYTE).toFixed(1)} MiB since the warm-up\n`,
)
process.exitCode = findings.length > 0 || hasGrown ? 1 : 0
