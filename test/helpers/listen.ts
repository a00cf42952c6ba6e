import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type Koa from 'koa'

/** A port that is listened on, before it is known what is served there. */
export interface Listener {
  /** `http://127.0.0.1` with the port. */
  readonly origin: string
  readonly port: number
  /** Serves an application from now on. */
  serve(app: Koa): void
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function listen(t: ExecutionContext): Promise<Listener> {
  // On a busy machine a test may take longer to its next request than a server keeps a connection.
  const server = createServer({ keepAliveTimeout: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    serve(app) {
      server.on('request', app.callback())
    },
  }
}
