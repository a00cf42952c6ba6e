import test from 'ava'
import { GrowthRun } from './growth/dimensions.ts'
import { type GrowthRow, meetsGoal } from './growth/growth-figures.ts'
import { withGrowth } from './growth/growth-page.ts'

const EFFORT = { warmUps: 0, repetitions: 1, turns: 1, turnMilliseconds: 5 }

const rowWith = (ratio: GrowthRow['ratio']): GrowthRow => ({
  store: 'redis',
  dimension: 'families',
  path: 'refresh',
  sizes: [10_000, 1_000_000].map((size) => ({
    ...{ size, serverCpuMicroseconds: 1000, storeCpuMicroseconds: 100, p50Milliseconds: 2 },
  })),
  ratio,
})

test('npm run bench:growth fills a store with families, and measures what is done with them', async (t) => {
  const rows: Array<GrowthRow> = []
  const run = new GrowthRun('memory', EFFORT, (row) => rows.push(row))
  t.teardown(() => run.stop())
  await run.measureFamilies({ families: [1000], revocations: 16 })
  const measured = rows.map(({ path, sizes }) => ({
    path,
    sizes: sizes.map(({ size }) => size),
  }))
  t.deepEqual(measured, [
    { path: 'refresh', sizes: [1000] },
    { path: 'introspect a refresh token', sizes: [1000] },
    { path: 'revoke', sizes: [1000] },
  ])
  t.true(rows.every(({ sizes }) => sizes.every((size) => size.serverCpuMicroseconds > 0)))
})

test('a path meets the goal, misses it, or differs too much from one repetition to the next to tell', (t) => {
  t.is(meetsGoal(rowWith({ low: 0.5, median: 0.8, high: 1.1 })), true)
  t.is(meetsGoal(rowWith({ low: 1.11, median: 4, high: 9 })), false)
  t.is(meetsGoal(rowWith({ low: 1.05, median: 1.09, high: 1.15 })), true)
  t.is(meetsGoal(rowWith({ low: 1.05, median: 1.11, high: 1.15 })), false)
  t.is(meetsGoal(rowWith({ low: 0.9, median: 1.05, high: 1.3 })), undefined)
})

test('the page says how many instances use up a store, from what a request costs both', (t) => {
  const marks = ['growth', 'scaling out'].map((name) => `<!-- bench: ${name} -->\n<!-- end -->\n`)
  const row = rowWith({ low: 1, median: 1, high: 1 })
  const figures = { date: '2026-01-01', setting: {}, repetitions: 1, rows: [row], day: [] }
  const page = withGrowth(marks.join(''), figures)
  t.regex(page, /10 000 \/ 1 000 000 \| 1100 \/ 1100 \| 100 \/ 100 /)
  t.regex(page, /\| Redis \| refresh \| 1000 \| 10\.0 \| 10000 \| 10\.0 \|/)
})
