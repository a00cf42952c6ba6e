/**
 * A load balancer: every request goes to the next of its backends.
 *
 * @module
 */

import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A load balancer that listens. */
export interface LoadBalancer {
  readonly url: string
  /** Ports on 127.0.0.1; change it while it runs. */
  readonly backendPorts: Array<number>
  close(): Promise<void>
}

/** Starts a load balancer without backends on a free port of 127.0.0.1. */
export async function startLoadBalancer(): Promise<LoadBalancer> {
  const backendPorts: Array<number> = []
  let turn = 0
  // On a busy machine a client may take longer to its next request than a server keeps a connection.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    const port = backendPorts[turn++ % backendPorts.length]
    const { method, url, headers } = incoming
    const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers })
    forwarded.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(outgoing)
    })
    forwarded.on('error', () => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    })
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, backendPorts, close: () => close(server) }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
