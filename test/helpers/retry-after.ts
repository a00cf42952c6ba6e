/** How long a 429 asks its caller to wait. */

import type { ExecutionContext } from 'ava'

/** Asserts a `Retry-After` within the window in which failures count, five minutes. */
export function assertRetryAfter(
  t: ExecutionContext,
  { headers }: { readonly headers: Headers },
): void {
  const seconds = Number(headers.get('retry-after'))
  t.true(Number.isInteger(seconds) && seconds >= 1 && seconds <= 300, `${seconds} seconds`)
}
