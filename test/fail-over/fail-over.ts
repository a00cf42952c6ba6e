import { prepare } from '../linearizability/record.ts'
import { type EventCounter, type FamilyHistory, useStore } from './history.ts'
import type { ReplicatedStore } from './replicated-stores.ts'
import { countSurvived, findLoss, goOn } from './survived.ts'

const CALLERS = 8
/** Acknowledged steps before replication is held, and then before the primary is killed. */
const STEPS_BEFORE_HOLD = 400
const STEPS_BEFORE_KILL = 60

/** What a fail-over was like. */
export interface FailOver {
  readonly families: number
  /** Steps that were acknowledged. */
  readonly steps: number
  /** Those of them that are gone: the last ones before the fail-over. */
  readonly lost: number
}

/**
 * Kills the primary while callers use it, lets the replica take over, and looks at what is there.
 *
 * @throws Error when it has something that it must not have, or lost something that it must have.
 */
export async function failOver(store: ReplicatedStore): Promise<FailOver> {
  const { storages, isSynchronous } = store
  await prepare(storages[0])
  let number = 0
  const events: EventCounter = {
    next() {
      number += 1
      return number
    },
  }
  let steps = 0
  const isDue = Promise.withResolvers<void>()
  const onStep = (): void => {
    steps += 1
    if (steps === STEPS_BEFORE_HOLD) {
      store.holdReplication()
      // Then nothing is acknowledged any more.
      if (isSynchronous) isDue.resolve()
    }
    if (steps === STEPS_BEFORE_HOLD + STEPS_BEFORE_KILL) isDue.resolve()
  }
  const callers = Array.from({ length: CALLERS }, (_, index) =>
    useStore(storages, `user-${index}`, events, onStep),
  )
  const used = Promise.all(callers)
  await Promise.race([isDue.promise, used])
  await store.failOver()
  const histories = (await used).flat()

  const survived: Array<number> = []
  for (const history of histories) survived.push(await countSurvived(storages, history))
  const loss = findLoss(histories, survived)
  for (const [index, history] of histories.entries()) {
    await goOn(storages, history, survived[index] ?? 0)
  }
  if (!loss.isSuffix) throw new Error('a step is gone, and one that began after its end is there')
  if (isSynchronous && loss.lost > 0)
    throw new Error(`${loss.lost} steps are gone that the replica had`)
  return { families: histories.length, steps: acknowledged(histories), lost: loss.lost }
}

const acknowledged = (histories: ReadonlyArray<FamilyHistory>): number =>
  histories.flatMap(({ steps }) => steps.filter(({ end }) => end !== undefined)).length
