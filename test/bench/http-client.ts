/**
 * The cheapest HTTP client there is: the load must not be what is measured.
 *
 * @module
 */

import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** A response, read to its end. */
export interface BenchResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What to send. */
export interface BenchRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Creates a client with one connection that it keeps. */
export function createBenchClient(): (url: string, what?: BenchRequest) => Promise<BenchResponse> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (url, { method = 'GET', headers = {}, body = '' } = {}) =>
    new Promise((resolve, reject) => {
      const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const outgoing = request(url, { method, agent, headers: { ...headers, ...length } })
      outgoing.on('error', reject)
      outgoing.on('response', (incoming) => {
        const chunks: Array<Buffer> = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text })
        })
      })
      outgoing.end(body)
    })
}
