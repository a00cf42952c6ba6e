/**
 * A process that keeps everything in PGlite, in the directory that its first argument names: it makes the calls that it
 * is sent, and sends back what they resolve to.
 *
 * @module
 */

import { PGlite } from '@electric-sql/pglite'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { Kysely, PGliteDialect } from 'kysely'

/** A call of a store. */
export interface SentCall {
  readonly id: number
  readonly store: string
  readonly method: string
  readonly parameters: ReadonlyArray<unknown>
}

/** How it ended. */
export interface SentResult {
  readonly id: number
  readonly value?: unknown
  /** If it failed. */
  readonly error?: string
}

const db = new Kysely<unknown>({
  dialect: new PGliteDialect({ pglite: new PGlite(process.argv[2] ?? '') }),
})
await migrateToLatest(db)
const storage = createPostgresStorage({ db })

process.on('message', async ({ id, store, method, parameters }: SentCall) => {
  const answer = (result: Omit<SentResult, 'id'>): void => void process.send?.({ id, ...result })
  try {
    const called: unknown = Reflect.get(Reflect.get(storage, store), method)
    if (typeof called !== 'function') throw new Error(`there is no ${store}.${method}`)
    answer({ value: await Reflect.apply(called, undefined, parameters) })
  } catch (error) {
    answer({ error: String(error) })
  }
})
process.stdout.write('ready\n')
