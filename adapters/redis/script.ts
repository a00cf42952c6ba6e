/**
 * Lua scripts: how several commands on keys of one slot become one atomic step.
 *
 * Redis does not roll back. Where memory is full or a server became a read-only replica, it refuses a
 * script's first command that writes, and none after it. So what must not happen in a full memory
 * (begin, rotate) begins with a command that needs memory, and what must (revoke) with a `DEL`.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { Connection } from './connection.ts'

/** A script and the name by which Redis remembers it. */
export interface Script {
  readonly lua: string
  readonly sha1: string
}

/** Prepares a script. */
export function createScript(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') }
}

/** For scripts that need the clock of Redis. */
export const MILLISECONDS = `
local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`

/** Runs a script, by its name if Redis remembers it. All keys must be in one slot. */
export async function runScript(
  client: Connection['client'],
  { lua, sha1 }: Script,
  keys: ReadonlyArray<string>,
  parameters: ReadonlyArray<string | number>,
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...parameters)
  } catch (error) {
    // Nothing ran: it is a new server or primary, or its scripts were flushed.
    const isForgotten = error instanceof Error && error.message.startsWith('NOSCRIPT')
    if (!isForgotten) throw error
    return await client.eval(lua, keys.length, ...keys, ...parameters)
  }
}
