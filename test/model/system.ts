/**
 * Two servers on one storage, as two processes of a deployment, each of which can be killed at any call of the
 * storage: whatever it was doing ends there, its connections break, and another one takes its place.
 *
 * @module
 */

import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuditEvent,
  type AuthorizationServer,
  createAuthorizationServer,
  type ManagedKeys,
  openManagedKeys,
  type RegisteredClient,
  type Storage,
} from '@teamcast/oauth-server'
import Koa from 'koa'
import type { TestClock } from '../../lib/testing/test-clock.ts'
import { PASSWORD } from '../helpers/browser.ts'
import { createFarClock } from '../helpers/far-clock.ts'
import { responsesEnded } from '../helpers/record-events.ts'
import { SLOW_STORE } from '../helpers/slow-store.ts'
import { CONFIDENTIAL_CLIENT } from '../helpers/start-server.ts'
import type { Kill } from './actions.ts'

export const SUPER_ADMIN_TOKEN = 'Bearer root'

/** A user who exists while it is in {@link System.users}. Signs in with its id. */
export interface ModelUser {
  readonly userId: string
  readonly tenantId: string
}

/** The servers. */
export interface System {
  readonly issuer: string
  readonly storage: Storage
  readonly clock: TestClock
  readonly users: Map<string, ModelUser>
  /** The keys as each server has read them. */
  readonly keys: readonly [ManagedKeys, ManagedKeys]
  /** The API, as a client that may introspect every access token. */
  readonly api: RegisteredClient
  /** Where a server is reached at. */
  reach(server: 0 | 1, url: string | URL): URL
  server(server: 0 | 1): AuthorizationServer
  /** Starts both servers anew. */
  restart(refreshTokenGraceSeconds: number): void
  /**
   * Kills a server at one of its next calls of the storage.
   *
   * @returns Whether it has happened, and what resolves when it does.
   */
  killAt(server: 0 | 1, kill: Kill): Death
  /** Ends what dead servers have left under way. */
  bury(): void
  /** The events since the last time, of servers that are alive. */
  takeEvents(): Promise<ReadonlyArray<AuditEvent>>
  close(): Promise<void>
}

/** The end of a server, which may come. */
export interface Death {
  readonly hasHappened: () => boolean
  readonly happened: Promise<void>
  /** It will not come any more. */
  cancel(): void
}

/** What is listened on; the server behind it changes. */
interface Slot {
  readonly listener: Server
  readonly responses: Set<ServerResponse>
  life: Life
}

/** A server from its start to its end. */
interface Life {
  readonly authorizationServer: AuthorizationServer
  readonly mortal: MortalStorage
  handle: ReturnType<Koa['callback']>
}

/**
 * Starts two servers on a storage.
 *
 * @param isLost Whether an event never reaches the host, to see whether that is noticed.
 */
export async function startSystem(
  storage: Storage,
  isLost: (event: AuditEvent) => boolean = () => false,
): Promise<System> {
  const clock = createFarClock()
  const users = new Map<string, ModelUser>()
  let events: Array<AuditEvent> = []
  let graceSeconds = 0
  const openKeys = (): Promise<ManagedKeys> =>
    openManagedKeys({
      storage,
      secret: 'the secret of the keys of a model, not a secret',
      clock: clock.now,
      ...SLOW_STORE,
    })
  const keys = [await openKeys(), await openKeys()] as const
  const listeners = await Promise.all([listen(), listen()])
  const originOf = (listener: Server): string =>
    `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const issuer = originOf(listeners[0])

  function begin(index: 0 | 1): Life {
    const mortal = createMortalStorage(storage)
    const authorizationServer = createAuthorizationServer({
      issuer,
      storage: mortal.storage,
      keys: keys[index],
      clock: clock.now,
      clientCacheMilliseconds: 0,
      refreshTokenGraceSeconds: graceSeconds,
      findUser: async (userId) => withDetails(users.get(userId)),
      authenticateUser: async ({ username, password }) =>
        password === PASSWORD ? withDetails(users.get(username)) : undefined,
      authorizeSuperAdmin: ({ headers }) =>
        headers.authorization === SUPER_ADMIN_TOKEN ? 'allowed' : 'unauthenticated',
      onEvent: (event) => {
        if (!mortal.isDead() && !isLost(event)) events.push(event)
      },
      ...SLOW_STORE,
    })
    const app = new Koa({ proxy: true })
    app.silent = true
    app.use(authorizationServer.middleware())
    return { authorizationServer, mortal, handle: app.callback() }
  }

  const slots = ([0, 1] as const).map((index) => {
    const slot: Slot = { listener: listeners[index], responses: new Set(), life: begin(index) }
    slot.listener.on('request', (request, response) => {
      slot.responses.add(response)
      response.once('close', () => slot.responses.delete(response))
      void slot.life.handle(request, response)
    })
    return slot
  }) as [Slot, Slot]
  const buried: Array<MortalStorage> = []

  const [{ life: first }] = slots
  const api = await first.authorizationServer.clients.register({
    ...CONFIDENTIAL_CLIENT,
    name: 'The API',
    resourceServerAudiences: [issuer],
  })

  return {
    issuer,
    storage,
    clock,
    users,
    keys,
    api,
    reach(server, url) {
      const { pathname, search } = new URL(url, issuer)
      return new URL(pathname + search, originOf(slots[server].listener))
    },
    server: (server) => slots[server].life.authorizationServer,

    restart(refreshTokenGraceSeconds) {
      graceSeconds = refreshTokenGraceSeconds
      for (const index of [0, 1] as const) slots[index].life = begin(index)
    },

    killAt(server, kill) {
      const slot = slots[server]
      const { promise, resolve } = Promise.withResolvers<void>()
      let hasHappened = false
      const { mortal } = slot.life
      mortal.killAt(kill, () => {
        hasHappened = true
        buried.push(mortal)
        slot.life = begin(server)
        for (const { socket } of slot.responses) socket?.destroy()
        resolve()
      })
      return { hasHappened: () => hasHappened, happened: promise, cancel: mortal.spare }
    },

    bury() {
      for (const mortal of buried.splice(0)) mortal.bury()
    },

    async takeEvents() {
      await responsesEnded()
      const taken = events
      events = []
      return taken
    },

    async close() {
      for (const mortal of buried.splice(0)) mortal.bury()
      await Promise.all(keys.map((each) => each.stop()))
      for (const { listener } of slots) {
        listener.close()
        listener.closeAllConnections()
      }
    },
  }
}

const withDetails = (user: ModelUser | undefined) =>
  user && { ...user, name: user.userId, email: `${user.userId}@example.test` }

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ keepAliveTimeout: 0 })
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

/** The storage of one process. */
interface MortalStorage {
  readonly storage: Storage
  readonly isDead: () => boolean
  /** From that call on, nothing comes back. */
  killAt(kill: Kill, onDeath: () => void): void
  spare(): void
  /** Everything that still waits fails: nobody sees it any more. */
  bury(): void
}

function createMortalStorage(storage: Storage): MortalStorage {
  let pending: (Kill & { readonly onDeath: () => void }) | undefined
  let calls = 0
  let isDead = false
  const { promise: silence, reject } = Promise.withResolvers<never>()
  silence.catch(() => undefined)

  async function call(run: () => Promise<unknown>): Promise<unknown> {
    if (isDead) return await silence
    calls += 1
    if (pending?.call !== calls) {
      const result = await run()
      return isDead ? await silence : result
    }
    const { when, onDeath } = pending
    if (when === 'after') await run()
    isDead = true
    onDeath()
    return await silence
  }

  const { backends, ...stores } = storage
  const mortal = Object.entries(stores).map(([name, store]) => [
    name,
    Object.fromEntries(
      Object.keys(store).map((method) => [
        method,
        (...parameters: ReadonlyArray<unknown>) =>
          call(async () => Reflect.apply(Reflect.get(store, method), store, parameters)),
      ]),
    ),
  ])
  return {
    storage: { ...Object.fromEntries(mortal), backends },
    isDead: () => isDead,
    killAt(kill, onDeath) {
      calls = 0
      pending = { ...kill, onDeath }
    },
    spare() {
      pending = undefined
    },
    bury: () => reject(new Error('the process was killed')),
  }
}
