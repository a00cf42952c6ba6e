/**
 * Talking to Redis: commands, scripts, and what becomes of their failures.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { StorageError } from '../../lib/errors.ts'
import { driverFailure } from '../../lib/storage/driver-failure.ts'

/** What is used of ioredis' `Redis` and `Cluster`. */
export interface RedisClient {
  call(command: string, parameters: Array<string | number>): Promise<unknown>
}

/** A Lua script: one atomic step. Its keys share a slot. */
export interface Script {
  readonly source: string
  readonly sha1: string
}

/** Makes a script. */
export function script(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

/** Runs commands and scripts. A failure becomes a {@link StorageError}. */
export interface RedisCommands {
  run(command: string, ...parameters: ReadonlyArray<string | number>): Promise<unknown>
  runScript(
    script: Script,
    keys: ReadonlyArray<string>,
    parameters: ReadonlyArray<string | number>,
  ): Promise<unknown>
}

/** Makes the commands of a connection. */
export function createRedisCommands(client: RedisClient): RedisCommands {
  async function call(
    command: string,
    parameters: ReadonlyArray<string | number>,
  ): Promise<unknown> {
    try {
      return await client.call(command, [...parameters])
    } catch (error) {
      throw driverFailure(`redis: ${command}`, error)
    }
  }

  return {
    run: (command, ...parameters) => call(command, parameters),

    async runScript({ source, sha1 }, keys, parameters) {
      const rest = [keys.length, ...keys, ...parameters]
      try {
        return await call('EVALSHA', [sha1, ...rest])
      } catch (error) {
        if (!isUnknownScript(error)) throw error
        return await call('EVAL', [source, ...rest])
      }
    },
  }
}

function isUnknownScript(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false
  const { cause } = error
  return cause instanceof Error && cause.message.includes('NOSCRIPT')
}
