/**
 * HTTP servers with limits and a graceful shutdown.
 *
 * @module
 */

import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingsError } from './settings.ts'

/** How long a request may still take after a shutdown signal. */
const CLOSE_TIMEOUT_MILLISECONDS = 5000

/** See "Limits of the HTTP server" in the guide to mounting. */
const LIMITS = {
  /** To receive a request. */
  requestTimeout: 30_000,
  /** To receive its headers. */
  headersTimeout: 15_000,
  /** Longer than that of proxies, so that a proxy never writes to a closed connection. */
  keepAliveTimeout: 65_000,
} as const

/** How long a connection may be idle during a request. */
const IDLE_TIMEOUT_MILLISECONDS = 60_000
const MAXIMUM_REQUESTS_PER_CONNECTION = 1000
const MAXIMUM_CONNECTIONS = 1000

/** A listening server. It responds 503 until it has an application to serve. */
export interface HttpServer {
  readonly port: number
  /** Starts to serve an application. */
  serve(application: RequestListener): void
  /** Closes the server: no new connections, requests under way are finished. */
  close(): Promise<void>
}

/** An address to listen on, and the setting of its port. */
export interface ListenOptions {
  readonly address: string
  readonly port: number
  readonly variable: string
}

/**
 * Listens on a port.
 *
 * @throws SettingsError when that fails.
 */
export function listen({ address, port, variable }: ListenOptions): Promise<HttpServer> {
  let respond: RequestListener = respondStarting
  const server = createLimitedServer((request, response) => respond(request, response))
  const close = createClose(server)
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new SettingsError(`cannot listen on ${variable} ${port}: ${cause.message}`, { cause }))
    })
    server.listen(port, address, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        serve(application) {
          respond = application
        },
        close,
      }),
    )
  })
}

/** Creates a server with the limits of the guide. */
export function createLimitedServer(listener: RequestListener): Server {
  const server = createServer(LIMITS, listener)
  server.setTimeout(IDLE_TIMEOUT_MILLISECONDS)
  server.maxRequestsPerSocket = MAXIMUM_REQUESTS_PER_CONNECTION
  server.maxConnections = MAXIMUM_CONNECTIONS
  return server
}

/** Responds before the application is ready; health checks try again. */
const respondStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'Retry-After': '1', 'Cache-Control': 'no-store' })
  response.end('starting\n')
}

function createClose(server: Server): () => Promise<void> {
  const responses = new Set<ServerResponse>()
  let isClosing = false
  // Kept-alive connections would keep the process alive.
  const closeAfter = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close')
  }
  server.on('request', (_request, response) => {
    responses.add(response)
    response.once('close', () => responses.delete(response))
    if (isClosing) closeAfter(response)
  })
  return () => {
    isClosing = true
    responses.forEach(closeAfter)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MILLISECONDS).unref()
    return closed
  }
}

/**
 * Closes the servers on a shutdown signal, then the storage. After that the process exits by itself.
 */
export function closeOnSignal(
  servers: ReadonlyArray<HttpServer>,
  closeStorage: () => Promise<void>,
): void {
  const closeAll = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()))
    await closeStorage()
  }
  process.once('SIGTERM', closeAll)
  process.once('SIGINT', closeAll)
}
