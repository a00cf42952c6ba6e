/**
 * An API in a process of its own, which knows of the issuer only what it fetches. Its settings are the
 * first argument, as JSON; it prints its port when it listens.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRevocationFeed, requireAccessToken } from '@teamcast/oauth-server/resource-server'
import Koa from 'koa'

/** What an API process is told. */
export interface ApiSettings {
  readonly issuer: string
  readonly audience: string
  /** As whom it reads what was revoked. */
  readonly clientId: string
  readonly clientSecret: string
  readonly pollIntervalSeconds: number
}

const { audience, ...feedSettings } = JSON.parse(process.argv[2] ?? '') as ApiSettings
const { issuer } = feedSettings
const revocations = createRevocationFeed(feedSettings)
await revocations.start()

const app = new Koa()
app.silent = true
app.use(requireAccessToken({ issuer, audience, revocations }))
app.use((ctx) => {
  ctx.status = 204
})
const listener = createServer(app.callback())
// A connection that a stalled machine left idle must not be reset under its next request.
listener.keepAliveTimeout = 0
listener.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(listener.address() as AddressInfo).port}\n`)
})
