import { notifyHost } from './host-function.ts'

/** Something that is done again and again. */
export interface Repetition {
  /** Ends it, after what it is at. */
  stop(): Promise<void>
}

/**
 * Runs something now and then, never twice at once, until it is stopped. It does not keep the process
 * alive.
 *
 * @param onError Receives failures; the next run comes all the same. Its own failure is a process warning.
 */
export function repeat(
  intervalSeconds: number,
  run: () => Promise<void>,
  onError: (error: unknown) => void,
): Repetition {
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= run()
      .catch((error: unknown) => notifyHost('onError', 'RepetitionWarning', () => onError(error)))
      .finally(() => {
        running = undefined
      })
  }, intervalSeconds * 1000)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
