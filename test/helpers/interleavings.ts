/**
 * Every order in which the steps of concurrent operations can happen.
 *
 * @module
 */

/** An operation: it awaits `step()` before each of its steps. */
export type Operation = (step: () => Promise<void>) => Promise<void>

/**
 * Runs operations once in every order of their steps.
 *
 * @param start Makes the operations anew for each order.
 * @param check Runs after each.
 *
 * @returns How many orders there were.
 */
export async function runEveryInterleaving<World>(
  start: () => Promise<{
    readonly world: World
    readonly operations: ReadonlyArray<Operation>
  }>,
  check: (world: World) => Promise<void>,
): Promise<number> {
  let orders = 0
  let choices: ReadonlyArray<number> | undefined = []
  while (choices !== undefined) {
    const { world, operations } = await start()
    const made = await runInOrder(operations, choices)
    await check(world)
    choices = nextChoices(made)
    orders += 1
  }
  return orders
}

/** One of several operations was let go. */
interface Choice {
  readonly taken: number
  readonly among: number
}

/** An operation that is waiting before its next step, or has ended. */
interface Actor {
  readonly release: (() => void) | undefined
}

async function runInOrder(
  operations: ReadonlyArray<Operation>,
  choices: ReadonlyArray<number>,
): Promise<ReadonlyArray<Choice>> {
  const runs = operations.map(startStepwise)
  const made: Array<Choice> = []
  for (;;) {
    const actors = await Promise.all(runs.map((run) => run.paused()))
    const releases = actors.flatMap(({ release }) => release ?? [])
    if (releases.length === 0) return made
    const taken = choices[made.length] ?? 0
    made.push({ taken, among: releases.length })
    releases[taken]?.()
  }
}

function startStepwise(operation: Operation): { readonly paused: () => Promise<Actor> } {
  let pause = Promise.withResolvers<Actor>()
  // Steps that it takes at once are taken one after the other.
  const waiting: Array<() => void> = []
  const pauseBeforeFirst = (): void => {
    if (waiting.length === 0) return
    const release = (): void => {
      pause = Promise.withResolvers()
      waiting.shift()?.()
      pauseBeforeFirst()
    }
    pause.resolve({ release })
  }
  const step = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    pauseBeforeFirst()
    await promise
  }
  operation(step).then(
    () => pause.resolve({ release: undefined }),
    (error: unknown) => pause.reject(error),
  )
  return { paused: () => pause.promise }
}

/** The order that comes after this one, first choices last. */
function nextChoices(made: ReadonlyArray<Choice>): ReadonlyArray<number> | undefined {
  const last = made.findLastIndex(({ taken, among }) => taken + 1 < among)
  const choice = made[last]
  if (choice === undefined) return undefined
  return [...made.slice(0, last).map(({ taken }) => taken), choice.taken + 1]
}
