/** A listener can neither break nor delay a response (decision 13). */

import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent, Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startHost } from '../helpers/host-application.ts'
import { completeFlow } from '../helpers/whole-flow.ts'

/** A storage whose every call takes some turns of the event loop, as a real one does. */
function slowStorage(): Storage {
  const storage = createMemoryStorage()
  const slow = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...parameters: ReadonlyArray<unknown>) => {
          await nextTurn()
          await nextTurn()
          return await Reflect.apply(member, target, parameters)
        }
      },
    })
  const { backends, ...stores } = storage
  const slowed = Object.entries(stores).map(([name, store]) => [name, slow(store)])
  return { ...Object.fromEntries(slowed), backends } as Storage
}

const broken = new Error('the listener is broken')
const LISTENERS: Readonly<Record<string, () => void | Promise<void>>> = {
  throws: () => {
    throw broken
  },
  rejects: () => Promise.reject(broken),
  'never ends': () => new Promise<void>(() => undefined),
  blocks: () => {
    const until = performance.now() + 20
    while (performance.now() < until);
  },
}

for (const [what, listener] of Object.entries(LISTENERS)) {
  test.serial(
    `audit: a listener that ${what} breaks nothing and is called after the response was sent`,
    async (t) => {
      const warnings: Array<string> = []
      const onWarning = ({ name, message }: Error): void => {
        if (name === 'AuditListenerWarning') warnings.push(message)
      }
      process.on('warning', onWarning)
      t.teardown(() => process.off('warning', onWarning))
      const responses: Array<ServerResponse> = []
      const events: Array<AuditEvent> = []
      const early: Array<string> = []
      const host = await startHost(t, {
        options: {
          storage: slowStorage(),
          onEvent(event) {
            events.push(event)
            if (!responses.every(({ writableFinished }) => writableFinished)) early.push(event.type)
            return listener()
          },
        },
        assemble(app, server) {
          app.use(async ({ res }, next) => {
            responses.push(res)
            await next()
          })
          app.use(server.middleware())
        },
      })

      await completeFlow(t, host)

      await nextTurn()
      const types = new Set(events.map(({ type }) => type))
      for (const type of ['user.signed-in', 'consent.granted', 'token.issued', 'token.revoked']) {
        t.true(types.has(type as AuditEvent['type']), type)
      }
      t.deepEqual(early, [])
      t.is(warnings.length, what === 'throws' || what === 'rejects' ? events.length : 0)
      t.deepEqual(host.errors, [])
    },
  )
}

test('audit: a client that goes away before its answer is audited all the same, with its address', async (t) => {
  const events: Array<AuditEvent> = []
  const aborted = new AbortController()
  const storage = slowStorage()
  const host = await startHost(t, {
    options: {
      storage: {
        ...storage,
        clients: {
          ...storage.clients,
          async find(clientId) {
            aborted.abort()
            return await storage.clients.find(clientId)
          },
        },
      },
      onEvent: (event) => void events.push(event),
    },
  })

  const request = fetch(`${host.origin}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: host.client.client.clientId,
      client_secret: 'wrong',
    }),
    signal: aborted.signal,
  })

  await t.throwsAsync(request)
  const isFailure = ({ type }: AuditEvent): boolean => type === 'client.authentication-failed'
  while (!events.some(isFailure)) await nextTurn()
  t.is(events.find(isFailure)?.ip, '127.0.0.1')
})
