/** A listener can neither break nor delay a response. */

import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent, Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { catchWarnings } from '../helpers/catch-warnings.ts'
import { startHost } from '../helpers/host-application.ts'
import { recordEvents, responsesEnded } from '../helpers/record-events.ts'
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
      const warnings = catchWarnings(t, /^onEvent for .+ failed: Error: the listener is broken$/)
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

      await responsesEnded()
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

test('audit: a client that disconnects before its response is audited all the same, with its address', async (t) => {
  const { onEvent, first } = recordEvents()
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
      onEvent,
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
  t.is((await first('client.authentication-failed')).ip, '127.0.0.1')
})

/** Requests of which the first has a response that is larger than what fits between client and server. */
async function startUnreadConnection(t: ExecutionContext): Promise<{
  readonly socket: Socket
  /** Resolves when both have arrived. */
  readonly arrived: Promise<void>
  /** The events of the requests, once there is one of each. */
  readonly events: Promise<ReadonlyArray<AuditEvent>>
  /** Their responses. */
  readonly responses: ReadonlyArray<ServerResponse>
}> {
  const events: Array<AuditEvent> = []
  const responses: Array<ServerResponse> = []
  const { promise, resolve } = Promise.withResolvers<ReadonlyArray<AuditEvent>>()
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
  const host = await startHost(t, {
    assemble(app, server) {
      app.use(async ({ path, res }, next) => {
        responses.push(res)
        if (path === '/oauth/token') arrive()
        await next()
      })
      app.use(server.middleware())
    },
    options: {
      pages: {
        error: () => ({
          html: 'x'.repeat(20_000_000),
          contentSecurityPolicy: "default-src 'none'",
        }),
      },
      onEvent(event) {
        events.push(event)
        const types = ['authorization.refused', 'client.authentication-failed']
        const seen = events.filter(({ type }) => types.includes(type))
        if (seen.length === 2) resolve(seen)
      },
    },
  })
  const { clientId } = host.client.client
  const form = `grant_type=client_credentials&client_id=${clientId}&client_secret=wrong`
  const requests = [
    'GET /oauth/authorize?client_id=tc_unknown HTTP/1.1\r\nHost: x\r\n\r\n',
    `POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: ${form.length}\r\n`,
    `Content-Type: application/x-www-form-urlencoded\r\n\r\n${form}`,
  ]
  const socket = connect(Number(new URL(host.origin).port), '127.0.0.1')
  socket.pause()
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  socket.write(requests.join(''))
  return { socket, arrived, events: promise, responses }
}

test('audit: a client that never reads its responses holds back no events, not even those of pipelined requests', async (t) => {
  const { events, responses } = await startUnreadConnection(t)
  t.is((await events).length, 2)
  t.deepEqual(
    responses.map(({ closed }) => closed),
    [false, false],
  )
})

test('audit: events of pipelined requests whose connection ends before their responses are sent are handed out', async (t) => {
  const { socket, arrived, events } = await startUnreadConnection(t)
  await arrived
  socket.resetAndDestroy()
  t.is((await events).length, 2)
})
