/**
 * Calling functions of the host. The types of this package do not bind them, so what they return is
 * checked: an unexpected result is an error and denies access.
 *
 * @module
 */

import { OAuthServerError } from '../errors.ts'
import type { Schema } from './schema.ts'
import { withinTime } from './within-time.ts'

/** How long a host's function may take. */
const TIMEOUT_MILLISECONDS = 30_000

/** What a function may return. */
export interface Expectation<Result> {
  /** In words, for example `a User, or undefined`. */
  readonly words: string
  /** In detail. One that accepts `undefined` accepts `null` too, which then counts as `undefined`. */
  readonly schema: Schema<Result | null | undefined>
}

/**
 * Calls a function of the host and waits for what it returns.
 *
 * @param name The function, as the host knows it, for example `hostSession.signedInUser`.
 *
 * @throws TypeError which names the function, when it returned something else than expected.
 * @throws Error when it takes too long.
 * @throws Whatever it throws itself, after {@link toServerFailure}.
 */
export async function callHost<Result>(
  name: string,
  expectation: Expectation<Result>,
  call: () => unknown,
): Promise<Result> {
  return checkResult(name, expectation, await settleHost(name, call))
}

/** Calls a function of the host and waits for what it returns, which is still to be checked. */
export async function settleHost(
  name: string,
  call: () => unknown,
  timeoutMilliseconds: number = TIMEOUT_MILLISECONDS,
): Promise<unknown> {
  const attempt = async (): Promise<unknown> => await call()
  try {
    return await withinTime(
      attempt(),
      timeoutMilliseconds,
      () => new Error(`${name} did not return within ${timeoutMilliseconds} ms`),
    )
  } catch (thrown) {
    throw toServerFailure(name, thrown)
  }
}

/**
 * Reports an error to the application's listeners of `error`, as Koa does for what a middleware throws.
 * Koa's own listener throws if it gets no `Error`. A listener that throws is a process warning.
 */
export function emitError(
  ctx: { readonly app: { emit(event: 'error', error: Error, ctx: unknown): unknown } },
  thrown: unknown,
): void {
  const error = thrown instanceof Error ? thrown : toServerFailure('the server', thrown)
  void notifyHost('a listener of the event "error"', 'ErrorListenerWarning', () =>
    ctx.app.emit('error', error, ctx),
  )
}

/**
 * What a function of the host threw, as an error of this server. Wrapped unless it is one of this package, or
 * an `Error` without the members in which Koa and oidc-provider look for the status, headers and message of a
 * response.
 */
export function toServerFailure(name: string, thrown: unknown): Error {
  if (!(thrown instanceof Error)) {
    return new Error(`${name} threw something that is not an Error`, { cause: thrown })
  }
  if (thrown instanceof OAuthServerError) return thrown
  const isHttpError = ['status', 'statusCode', 'expose', 'headers'].some((it) => it in thrown)
  return isHttpError ? new Error(`${name} threw an HTTP error`, { cause: thrown }) : thrown
}

/** Checks what a function of the host returned. @throws TypeError which names the function. */
export function checkResult<Result>(
  name: string,
  { words, schema }: Expectation<Result>,
  result: unknown,
): Result {
  const { error } = schema.safeParse(result)
  if (error === undefined) return (result ?? undefined) as Result
  throw wrongResult(name, words, result, new Set(error.issues.map(({ path }) => path.join('.'))))
}

/**
 * Creates the error of a result that is not as expected. It says what is wrong, but no value: it may be personal.
 *
 * @param places The paths to what is wrong; `''` for the result itself.
 */
export function wrongResult(
  name: string,
  words: string,
  result: unknown,
  places: Iterable<string>,
): TypeError {
  return new TypeError(`${name} must return ${words}; it returned ${describe(result, places)}`)
}

function describe(result: unknown, places: Iterable<string>): string {
  if (result === null || result === undefined) return String(result)
  const members = Array.from(places, (place) => `"${place}"`).filter((member) => member !== '""')
  const what = Array.isArray(result) ? 'array' : typeof result
  const article = /^[ao]/.test(what) ? 'an' : 'a'
  const suffix = members.length === 0 ? '' : ` whose ${members.join(', ')} is wrong`
  return `${article} ${what}${suffix}`
}

/**
 * Tells a listener of the host something. What it returns does not matter; when it fails, that is a
 * process warning.
 *
 * @param name The listener, as the host knows it, and what it was told.
 */
export async function notifyHost(
  name: string,
  warning: string,
  call: () => unknown,
): Promise<void> {
  try {
    await call()
  } catch (thrown) {
    const problem =
      thrown instanceof Error ? String(thrown) : 'it threw something that is not an Error'
    process.emitWarning(`${name} failed: ${problem}`, warning)
  }
}
