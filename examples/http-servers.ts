/**
 * HTTP servers that begin and end cleanly.
 *
 * @module
 */

import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingsError } from './settings.ts'

/** How long a request under way may take once the process was asked to end. */
const END_TIMEOUT_MILLISECONDS = 5000

/** What clients may take: see "Limits of the HTTP server" in the guide to mounting. */
const LIMITS = {
  /** For all of a request to arrive. */
  requestTimeout: 30_000,
  /** For its headers. */
  headersTimeout: 15_000,
  /** Longer than proxies keep connections: whoever closes first must not be the one who is written to. */
  keepAliveTimeout: 65_000,
} as const

/** How long nothing may move on a connection while a request is under way. */
const IDLE_TIMEOUT_MILLISECONDS = 60_000
const MAXIMUM_REQUESTS_PER_CONNECTION = 1000
const MAXIMUM_CONNECTIONS = 1000

/** A server that listens. Until it has something to serve, it answers that it is starting. */
export interface HttpServer {
  readonly port: number
  /** Serves requests from now on. */
  serve(application: RequestListener): void
  /** Closes it: no new connections, requests under way are answered. */
  end(): Promise<void>
}

/** Where to listen, and the name of the setting that says so. */
export interface Place {
  readonly address: string
  readonly port: number
  readonly variable: string
}

/**
 * Listens on a port.
 *
 * @throws SettingsError when that is not possible.
 */
export function listen({ address, port, variable }: Place): Promise<HttpServer> {
  let respond: RequestListener = respondStarting
  const server = createServer(LIMITS, (request, response) => respond(request, response))
  server.setTimeout(IDLE_TIMEOUT_MILLISECONDS)
  server.maxRequestsPerSocket = MAXIMUM_REQUESTS_PER_CONNECTION
  server.maxConnections = MAXIMUM_CONNECTIONS
  const end = closerOf(server)
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
        end,
      }),
    )
  })
}

/** A request that comes too early gets an answer too: whoever waits for a healthy service asks again. */
const respondStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'Retry-After': '1', 'Cache-Control': 'no-store' })
  response.end('starting\n')
}

function closerOf(server: Server): () => Promise<void> {
  const responses = new Set<ServerResponse>()
  let isEnding = false
  // A connection that is kept alive would keep the process alive.
  const isLast = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close')
  }
  server.on('request', (_request, response) => {
    responses.add(response)
    response.once('close', () => responses.delete(response))
    if (isEnding) isLast(response)
  })
  return () => {
    isEnding = true
    responses.forEach(isLast)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    setTimeout(() => server.closeAllConnections(), END_TIMEOUT_MILLISECONDS).unref()
    return closed
  }
}

/**
 * Closes servers when the process is asked to end, and what they used after them; then it has no work
 * left.
 */
export function endOnSignal(
  servers: ReadonlyArray<HttpServer>,
  closeStorage: () => Promise<void>,
): void {
  const end = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.end()))
    await closeStorage()
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}
