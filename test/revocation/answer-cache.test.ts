import test from 'ava'
import { createAnswerCache } from '../../lib/revocation/answer-cache.ts'

/** A question that counts how often it is asked. */
function question(answers: ReadonlyArray<boolean>): {
  readonly ask: () => Promise<boolean>
  readonly asked: () => number
} {
  let asked = 0
  return {
    async ask() {
      asked += 1
      return answers[asked - 1] ?? false
    },
    asked: () => asked,
  }
}

test('answer cache: "no" is remembered for its lifetime, counted from the question', async (t) => {
  let now = 0
  const cache = createAnswerCache(1000, () => now)
  const { ask, asked } = question([false, true])
  t.false(await cache.answer('a', ask))
  now = 999
  t.false(await cache.answer('a', ask))
  t.is(asked(), 1)
  now = 1000
  t.true(await cache.answer('a', ask))
})

test('answer cache: "yes" is for good', async (t) => {
  let now = 0
  const cache = createAnswerCache(1000, () => now)
  const { ask, asked } = question([true, false])
  t.true(await cache.answer('a', ask))
  now = 1_000_000
  t.true(await cache.answer('a', ask))
  t.is(asked(), 1)
})

test('answer cache: questions about the same at the same time are one, about others not', async (t) => {
  const cache = createAnswerCache(1000)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let asked = 0
  const ask = (): Promise<boolean> => {
    asked += 1
    return promise
  }
  const answers = ['a', 'a', 'b', 'a'].map((about) => cache.answer(about, ask))
  resolve(true)
  t.deepEqual(await Promise.all(answers), [true, true, true, true])
  t.is(asked, 2)
})

test('answer cache: with a lifetime of 0 every question is asked', async (t) => {
  const cache = createAnswerCache(0, () => 0)
  const { ask, asked } = question([false, false])
  await cache.answer('a', ask)
  await cache.answer('a', ask)
  t.is(asked(), 2)
})

test('answer cache: a failure is thrown to all who wait, and not remembered', async (t) => {
  const cache = createAnswerCache(1000)
  const fail = (): Promise<boolean> => Promise.reject(new Error('down'))
  const both = await Promise.allSettled([cache.answer('a', fail), cache.answer('a', fail)])
  t.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.true(await cache.answer('a', async () => true))
})

test('answer cache: it forgets the oldest rather than grow', async (t) => {
  const cache = createAnswerCache(1000, () => 0)
  const oldest = question([true, true])
  await cache.answer('oldest', oldest.ask)
  for (let index = 0; index < 10_000; index += 1) await cache.answer(`${index}`, async () => false)
  await cache.answer('oldest', oldest.ask)
  t.is(oldest.asked(), 2)
})
