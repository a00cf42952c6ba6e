import { execFileSync } from 'node:child_process'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type Koa from 'koa'

/** Creates a key and its certificate, good for a day. */
const SELF_SIGNED = [
  ...['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=corp.example'],
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', '-', '-out', '-'],
]

/** A port that is listened on, before it is known what is served there. */
export interface Listener {
  /** `http://127.0.0.1`, or https, with the port. */
  readonly origin: string
  readonly port: number
  /** Serves an application from now on. */
  serve(app: Koa | RequestListener): void
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export function listen(t: ExecutionContext): Promise<Listener> {
  // On a busy machine a test may take longer to its next request than a server keeps a connection.
  return listenWith(t, createServer({ keepAliveTimeout: 0 }), 'http')
}

/** Does the same with TLS, and a certificate that nobody knows. */
export function listenWithTls(t: ExecutionContext): Promise<Listener> {
  const pem = execFileSync('openssl', SELF_SIGNED, { stdio: ['ignore', 'pipe', 'ignore'] })
  return listenWith(t, createTlsServer({ key: pem, cert: pem, keepAliveTimeout: 0 }), 'https')
}

async function listenWith(
  t: ExecutionContext,
  server: Server,
  scheme: 'http' | 'https',
): Promise<Listener> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    serve(app) {
      server.on('request', typeof app === 'function' ? app : app.callback())
    },
  }
}
