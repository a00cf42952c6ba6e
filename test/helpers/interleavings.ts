/**
 * Every order in which the steps of concurrent operations can happen.
 *
 * @module
 */

/**
 * An operation: it awaits `step()` before each of its steps. It may say what the step touches; a step that
 * says nothing touches everything.
 */
export type Operation = (step: Step) => Promise<void>
export type Step = (touched?: ReadonlyArray<string>) => Promise<void>

/**
 * Runs operations once in every order of their steps. Of orders that differ only in which of two neighbours
 * comes first that touch nothing in common, and so cannot differ in their outcome, it runs one.
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
  readonly next: PausedStep | undefined
}

interface PausedStep {
  readonly touched: ReadonlyArray<string>
  readonly release: () => void
}

/** A step that could be next, and the position of its operation. */
interface Candidate extends PausedStep {
  readonly position: number
}

async function runInOrder(
  operations: ReadonlyArray<Operation>,
  choices: ReadonlyArray<number>,
): Promise<ReadonlyArray<Choice>> {
  const runs = operations.map(startStepwise)
  const made: Array<Choice> = []
  let last: Candidate | undefined
  for (;;) {
    const actors = await Promise.all(runs.map((run) => run.paused()))
    const all = actors.flatMap(({ next }, position) => (next ? { ...next, position } : []))
    if (all.length === 0) return made
    const others = all.filter((candidate) => !couldHaveSwapped(candidate, last))
    const candidates = others.length > 0 ? others : all
    const taken = choices[made.length] ?? 0
    made.push({ taken, among: others.length > 0 ? candidates.length : 1 })
    last = candidates[taken]
    last?.release()
  }
}

/** Whether the order where this step comes before the last one has the same outcome, and runs anyway. */
function couldHaveSwapped(candidate: Candidate, last: Candidate | undefined): boolean {
  if (last === undefined || candidate.position >= last.position) return false
  if (candidate.touched.length === 0 || last.touched.length === 0) return false
  return !candidate.touched.some((it) => last.touched.includes(it))
}

function startStepwise(operation: Operation): { readonly paused: () => Promise<Actor> } {
  let pause = Promise.withResolvers<Actor>()
  // Steps that it takes at once are taken one after the other.
  const waiting: Array<PausedStep> = []
  const pauseBeforeFirst = (): void => {
    const [first] = waiting
    if (first === undefined) return
    const release = (): void => {
      pause = Promise.withResolvers()
      waiting.shift()?.release()
      pauseBeforeFirst()
    }
    pause.resolve({ next: { touched: first.touched, release } })
  }
  const step: Step = async (touched = []) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ touched, release: resolve })
    pauseBeforeFirst()
    await promise
  }
  operation(step).then(
    () => pause.resolve({ next: undefined }),
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
