/** What one connection may hold of the server (RFC 9112 §9.3.2, OWASP Denial of Service). */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import { withinConnectionLimits } from '../../lib/http/connection-limits.ts'
import { startHost } from '../helpers/host-application.ts'

const METADATA = '/.well-known/oauth-authorization-server'

function requestsFor(path: string, count: number): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(count)
}

/** Opens a connection, whose end is no error here however it comes. */
function open(t: ExecutionContext, origin: string): Socket {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.setEncoding('latin1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return socket
}

/** Reads responses until there are so many. */
async function readResponses(socket: Socket, count: number): Promise<ReadonlyArray<string>> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status)
    if (statuses.length === count) return statuses
  }
  throw new Error(`the connection ended: ${text}`)
}

test('ten requests of a connection may wait for their responses, again and again', async (t) => {
  const host = await startHost(t)
  const socket = open(t, host.origin)
  for (let time = 0; time < 3; time += 1) {
    socket.write(requestsFor(METADATA, 10))
    const statuses = await readResponses(socket, 10)
    t.deepEqual([...new Set(statuses)], ['200'])
  }
})

test('a connection on which more requests wait is closed, and the surplus costs nothing', async (t) => {
  let rendered = 0
  const host = await startHost(t, {
    options: {
      pages: {
        error() {
          rendered += 1
          return { html: '<!doctype html>', contentSecurityPolicy: "default-src 'none'" }
        },
      },
    },
  })
  const socket = open(t, host.origin)
  socket.write(requestsFor('/oauth/continue', 1000))
  await t.throwsAsync(readResponses(socket, 1000), { message: /^the connection ended/ })

  t.true(rendered <= 10)
  t.deepEqual(host.errors, [])
  t.is((await fetch(host.origin + METADATA)).status, 200)
})

test('the host’s own paths are not limited', async (t) => {
  const host = await startHost(t, {
    assemble(app, server) {
      app.use(server.middleware())
      app.use((ctx) => {
        ctx.body = 'the host’s'
      })
    },
  })
  const socket = open(t, host.origin)
  socket.write(requestsFor('/own', 200))
  t.deepEqual([...new Set(await readResponses(socket, 200))], ['200'])
})

/** Serves one middleware. */
async function serve(t: ExecutionContext, middleware: Middleware): Promise<string> {
  const app = new Koa()
  app.silent = true
  app.use(middleware)
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a client that does not receive its response in time loses the connection', async (t) => {
  const closed = Promise.withResolvers<void>()
  const limits = { unansweredRequests: 10, responseMilliseconds: 50 }
  const origin = await serve(t, async (ctx) => {
    ctx.req.socket.once('close', closed.resolve)
    await withinConnectionLimits(
      ctx,
      async () => {
        ctx.body = 'x'.repeat(20_000_000) // more than fits between the two
      },
      limits,
    )
  })
  const socket = open(t, origin)
  socket.pause()
  socket.write(requestsFor('/', 1))
  await closed.promise
  t.pass()
})

test('the time to receive a response begins when it has been made, and ends when it was received', async (t) => {
  const limits = { unansweredRequests: 10, responseMilliseconds: 5 }
  const origin = await serve(t, async (ctx) => {
    await withinConnectionLimits(
      ctx,
      async () => {
        const until = performance.now() + 2 * limits.responseMilliseconds
        while (performance.now() < until) await nextTurn()
        ctx.body = 'made'
      },
      limits,
    )
  })
  const socket = open(t, origin)
  for (let time = 0; time < 2; time += 1) {
    socket.write(requestsFor('/', 1))
    t.deepEqual(await readResponses(socket, 1), ['200'])
  }
})

test('HTTP/2: the streams of a connection are not pipelined requests', async (t) => {
  const app = new Koa()
  let waiting = 0
  const { promise: allWait, resolve } = Promise.withResolvers<void>()
  app.use((ctx) =>
    withinConnectionLimits(ctx, async () => {
      waiting += 1
      if (waiting === 20) resolve()
      await allWait
      ctx.body = 'made'
    }),
  )
  const server = createHttp2Server(app.callback())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => {
    session.destroy()
    server.close()
  })
  const responses = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const [headers] = await once(session.request({ ':path': '/' }), 'response')
      return (headers as { readonly ':status': number })[':status']
    }),
  )
  t.deepEqual([...new Set(responses)], [200])
})
