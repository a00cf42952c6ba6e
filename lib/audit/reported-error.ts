/**
 * Errors in audit events: plain data that survives `JSON.stringify`.
 *
 * @module
 */

/** An error, as plain data. */
export interface ReportedError {
  /** Its class, for example `StorageError`. */
  readonly name: string
  readonly message: string
  /** For example `ERR_STORAGE`, or the code of a driver. */
  readonly code?: string
  /** What the server was doing, for example `redis: families.rotate()` or `GET /oauth/continue`. */
  readonly operation?: string
  /** The stack trace: one call per line, the innermost first. */
  readonly stack?: ReadonlyArray<string>
  /** The error that caused it. */
  readonly cause?: ReportedError
  /** The errors of an `AggregateError`. */
  readonly errors?: ReadonlyArray<ReportedError>
}

/** Limits chains of causes, which may be circular. */
const MAXIMUM_DEPTH = 5
const MAXIMUM_ERRORS = 5
const MAXIMUM_STACK_LINES = 30

/**
 * Converts whatever was thrown to plain data. Never throws.
 *
 * @param operation What the server was doing, unless the error says so itself.
 */
export function reportError(thrown: unknown, operation?: string): ReportedError {
  const fallback = operation === undefined ? {} : { operation }
  try {
    return { ...fallback, ...describe(thrown, MAXIMUM_DEPTH) }
  } catch {
    return { ...fallback, name: 'Error', message: 'an error that cannot be described' }
  }
}

function describe(thrown: unknown, depth: number): ReportedError {
  if (!(thrown instanceof Error)) return describeNonError(thrown)
  const { cause, code, operation, errors } = thrown as Error & Readonly<Record<string, unknown>>
  const isDeepest = depth === 0
  const aggregated = Array.isArray(errors) && !isDeepest ? errors.slice(0, MAXIMUM_ERRORS) : []
  return {
    name: String(thrown.name),
    message: String(thrown.message),
    ...(isText(code) ? { code: String(code) } : {}),
    ...(isText(operation) ? { operation: String(operation) } : {}),
    ...stackOf(thrown),
    ...(cause === undefined || isDeepest ? {} : { cause: describe(cause, depth - 1) }),
    ...(aggregated.length === 0
      ? {}
      : { errors: aggregated.map((error) => describe(error, depth - 1)) }),
  }
}

/** What is no error has nothing to go by but itself. An object may hold anything, secrets too. */
function describeNonError(thrown: unknown): ReportedError {
  const message = typeof thrown === 'object' ? 'an object that is not an Error' : String(thrown)
  return { name: typeof thrown, message }
}

function isText(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function stackOf({ stack }: Error): Pick<ReportedError, 'stack'> {
  // Before the calls it repeats the message, of any number of lines.
  const lines = String(stack ?? '')
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .map((line) => line.trim())
  return lines.length === 0 ? {} : { stack: lines.slice(0, MAXIMUM_STACK_LINES) }
}
