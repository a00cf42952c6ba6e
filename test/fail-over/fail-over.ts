import { prepare } from '../linearizability/record.ts'
import { type EventCounter, type FamilyHistory, useStore } from './history.ts'
import type { ReplicatedStore } from './replicated-stores.ts'
import { countSurvived, findLoss, goOn, type Kept, type Survived } from './survived.ts'

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
  /** Families that are revoked, and that the feed of revocations has lost. */
  readonly unrecorded: number
}

const ALL: Kept = { entry: true, family: true, revocation: true }

/**
 * Kills the primary while callers use it, lets the replica take over, and looks at what is there.
 *
 * @throws Error when it has something that it must not have, or lost something that it must have.
 */
export async function failOver(store: ReplicatedStore): Promise<FailOver> {
  const { storages, losesNothing, servesMeanwhile = false, keptByPrimary = async () => ALL } = store
  await prepare(storages[0])
  await store.untilReplicated()
  let number = 0
  const events: EventCounter = {
    next() {
      number += 1
      return number
    },
  }
  let steps = 0
  let isOver = false
  const isDue = Promise.withResolvers<void>()
  const onStep = (): void => {
    steps += 1
    if (steps === STEPS_BEFORE_HOLD) {
      store.holdReplication()
      // Then nothing is acknowledged any more.
      if (losesNothing) isDue.resolve()
    }
    if (steps === STEPS_BEFORE_HOLD + STEPS_BEFORE_KILL) isDue.resolve()
  }
  const callers = Array.from({ length: CALLERS }, (_, index) =>
    useStore(storages, { name: `user-${index}`, events, onStep, isOver: () => isOver }),
  )
  const used = Promise.all(callers)
  await Promise.race([isDue.promise, used])
  isOver = !servesMeanwhile
  await store.failOver()
  isOver = true
  const histories = (await used).flat()
  if (servesMeanwhile && histories.some(isCutShort)) throw new Error('a call failed meanwhile')

  // Without it no family of its own is found.
  if (!(await storages[0].clients.has('client-1'))) throw new Error('the client is gone')
  const survived: Array<Survived> = []
  for (const history of histories) survived.push(await countSurvived(storages, history))
  const kept: Array<Kept> = []
  for (const history of histories) kept.push(await keptByPrimary(history))
  const loss = findLoss(histories, survived, kept)
  for (const [index, history] of histories.entries()) {
    await goOn(storages, history, survived[index]?.steps ?? 0)
  }
  if (!loss.isSuffix) throw new Error('a step is gone, and one that began after its end is there')
  if (loss.isElsewhere) throw new Error('a step is gone that was not on the primary')
  const { lost, unrecorded } = loss
  if (losesNothing && lost + unrecorded > 0)
    throw new Error(`${lost + unrecorded} steps are gone that had to be there`)
  return { families: histories.length, steps: acknowledged(histories), lost, unrecorded }
}

const isCutShort = ({ steps }: FamilyHistory): boolean => steps.some(({ end }) => end === undefined)

const acknowledged = (histories: ReadonlyArray<FamilyHistory>): number =>
  histories.flatMap(({ steps }) => steps.filter(({ end }) => end !== undefined)).length
