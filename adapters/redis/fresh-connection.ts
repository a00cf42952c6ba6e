/**
 * Connections that lead to the wrong server are replaced.
 *
 * When a replica takes over and the old primary stays up, nothing breaks: connections to it stay, and every
 * write on them is refused for as long as the process lives. An error that says so proves that the command
 * did nothing; the client connects anew, to whichever server the name now stands for, and the command is
 * sent once more. A Cluster need not: its nodes say themselves who took over.
 *
 * @module
 */

import type { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import type { RedisClient } from './connection.ts'

/**
 * Nothing was done, and another server may do it: a replica, one that has lost its primary, one that is
 * loading what its new primary sent, and a primary whose replicas have left it. Redis 6 puts words of
 * its own in front of an error inside a script.
 */
const WRONG_SERVER =
  /^(?:ERR Error running script .*: -)?(?:READONLY|MASTERDOWN|LOADING|NOREPLICAS) /

/** How often a client connects anew, at most: a server that stays as it is is not stormed. */
const REPLACEMENT_INTERVAL_MILLISECONDS = 1000

type Command = (...parameters: ReadonlyArray<unknown>) => Promise<unknown>

/** One for each client: storages that share a connection must not replace it twice. */
const wrapped = new WeakMap<RedisClient, RedisClient>()

/**
 * Wraps a client.
 *
 * @param now A monotonic clock, in milliseconds.
 */
export function keepConnectionFresh(
  client: RedisClient,
  now = (): number => performance.now(),
): RedisClient {
  if (client.isCluster) return client
  const known = wrapped.get(client) ?? wrap(client, now)
  wrapped.set(client, known)
  return known
}

function wrap(client: RedisClient, now: () => number): RedisClient {
  let replacement: Promise<boolean> | undefined
  let replacedAt = Number.NEGATIVE_INFINITY

  /** Replaces the connection, unless that was just done. @returns Whether there is another one. */
  async function replace(): Promise<boolean> {
    if (replacement !== undefined) return await replacement
    if (now() - replacedAt < REPLACEMENT_INTERVAL_MILLISECONDS) return false
    replacement = connectAnew(client)
    try {
      return await replacement
    } finally {
      replacement = undefined
      replacedAt = now()
    }
  }

  async function send(command: Command): Promise<unknown> {
    if (replacement !== undefined) await replacement
    try {
      return await command()
    } catch (error) {
      const isWrongServer = error instanceof Error && WRONG_SERVER.test(error.message)
      if (!isWrongServer || !(await replace())) throw error
      return await command()
    }
  }

  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...parameters: ReadonlyArray<unknown>) =>
        send(() => Reflect.apply(member, target, parameters))
    },
  })
}

/** @returns Whether a connection is ready; `false` after the first attempt that fails. */
async function connectAnew(
  client: EventEmitter & Pick<Redis, 'ping' | 'disconnect'>,
): Promise<boolean> {
  // Whatever was sent before has its reply by then, and needs not be sent again.
  await client.ping().catch(() => undefined)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const succeed = (): void => resolve(true)
  const fail = (): void => resolve(false)
  const failAtTheNext = (): void => {
    client.once('close', fail)
  }
  client.once('close', failAtTheNext)
  client.once('ready', succeed)
  client.once('end', fail)
  client.disconnect(true)
  try {
    return await promise
  } finally {
    client.off('close', failAtTheNext)
    client.off('close', fail)
    client.off('ready', succeed)
    client.off('end', fail)
  }
}
