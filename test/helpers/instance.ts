/**
 * A server process for tests that need several of them, or need to kill one. Its settings are the first
 * argument, as JSON; it prints its port when it listens.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthorizationServer, openManagedKeys, type User } from '@teamcast/oauth-server'
import Koa from 'koa'
import { systemClock } from '../../lib/util/clock.ts'
import { createFarClock } from './far-clock.ts'
import { INSTANCE_SECRET, openStorageAt } from './instance-storage.ts'
import { SLOW_STORE } from './slow-store.ts'
import type { InstanceSettings } from './start-instances.ts'

const settings = JSON.parse(process.argv[2] ?? '') as InstanceSettings
const { storage } = await openStorageAt(settings.location)
const clock = settings.clock === 'far' ? createFarClock().now : systemClock
const keys = await openManagedKeys({ storage, secret: INSTANCE_SECRET, clock, ...SLOW_STORE })
const userOf = (userId: string): User => ({
  userId,
  tenantId: 'acme',
  name: userId,
  email: userId,
})
const server = createAuthorizationServer({
  ...settings.options,
  keys,
  clock,
  issuer: settings.issuer,
  storage,
  findUser: async (userId) => userOf(userId),
  authenticateUser: async ({ username }) => userOf(username),
})

const app = new Koa()
app.silent = true
app.use(server.middleware())
app.use(async (ctx, next) => {
  if (ctx.path === '/health') ctx.body = await server.health()
  else if (ctx.path === '/delete-client') {
    await server.clients.delete(String(ctx.query['clientId']))
    ctx.status = 204
  } else await next()
})
process.on('unhandledRejection', (error) => {
  process.stdout.write(`unhandled rejection: ${error}\n`)
  process.exit(70)
})
const listener = createServer(app.callback())
// A connection that a stalled machine left idle must not be reset under its next request.
listener.keepAliveTimeout = 0
listener.listen(settings.port, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(listener.address() as AddressInfo).port}\n`)
})
