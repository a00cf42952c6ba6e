/**
 * Counts what a server asks of its store.
 *
 * @module
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Storage } from '@teamcast/oauth-server'
import type { Redis } from 'ioredis'
import type { Pool, PoolClient } from 'pg'

/** What was asked of a store. */
export interface StoreTraffic {
  /** Methods of the storage, commands of Redis, or statements of Postgres. */
  readonly calls: number
  /** How often something waited for the store. Calls that are made at once wait once. */
  readonly roundTrips: number
}

/** Counts calls. */
export interface TrafficCounter {
  /** Counts a call. Its result is held back until all calls under way have theirs, so that machine speed plays no part. */
  count<Result>(call: () => Promise<Result>): Promise<Result>
  /** What was asked since the last time, when nothing is under way any more. */
  take(): Promise<StoreTraffic>
}

/** Creates a counter. */
export function createTrafficCounter(): TrafficCounter {
  let calls = 0
  let roundTrips = 0
  /** Calls without a result. */
  let waiting = 0
  /** Calls whose callers wait. */
  let held = 0
  let done = Promise.withResolvers<void>()

  async function leave(): Promise<void> {
    const { promise, resolve } = done
    waiting -= 1
    await nextTurn()
    if (waiting === 0 && promise === done.promise) {
      done = Promise.withResolvers()
      held = 0
      resolve()
    }
    await promise
  }

  return {
    async count(call) {
      calls += 1
      if (held === 0) roundTrips += 1
      held += 1
      waiting += 1
      try {
        return await call()
      } finally {
        await leave()
      }
    },

    async take() {
      for (let quietTurns = 0; quietTurns < 10; quietTurns += 1) {
        await nextTurn()
        if (waiting > 0) quietTurns = 0
      }
      const taken = { calls, roundTrips }
      calls = 0
      roundTrips = 0
      return taken
    },
  }
}

/** Counts the methods of a storage that are called. */
export function countMethods(storage: Storage, { count }: TrafficCounter): Storage {
  const { backends, ...stores } = storage
  const counted = Object.entries(stores).map(([name, store]) => [
    name,
    Object.fromEntries(
      Object.keys(store).map((method) => [
        method,
        (...parameters: ReadonlyArray<unknown>) =>
          count(
            () => Reflect.apply(Reflect.get(store, method), store, parameters) as Promise<unknown>,
          ),
      ]),
    ),
  ])
  return { ...Object.fromEntries(counted), backends }
}

/** Counts the commands that a client of Redis sends. */
export function countCommands(client: Redis, { count }: Pick<TrafficCounter, 'count'>): void {
  const { sendCommand } = client
  client.sendCommand = (...parameters) =>
    count(() => sendCommand.apply(client, parameters) as Promise<unknown>)
}

/** Counts the statements that the connections of a pool send; of those that are opened later. */
export function countStatements(pool: Pool, { count }: Pick<TrafficCounter, 'count'>): void {
  pool.on('connect', (connection: PoolClient) => {
    const query = connection.query.bind(connection) as (
      ...parameters: ReadonlyArray<unknown>
    ) => Promise<unknown>
    Reflect.set(connection, 'query', (...parameters: ReadonlyArray<unknown>) =>
      count(() => query(...parameters)),
    )
  })
}
