/**
 * A server process for tests that need several, or need to kill one. Started by start-instance.ts with
 * its settings as JSON in the first argument; prints that it listens.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthorizationServer, loadSharedKeys } from '@teamcast/oauth-server'
import Koa from 'koa'
import type { InstanceSettings } from './instance-settings.ts'
import { openInstanceStorage } from './open-instance-storage.ts'

const settings = JSON.parse(process.argv[2] ?? '') as InstanceSettings
const storage = openInstanceStorage(settings)
const keys = await loadSharedKeys({ storage, secret: 'the secret of all instances of a test' })

const listener = createServer()
listener.listen(0, '127.0.0.1', () => {
  const { port } = listener.address() as AddressInfo
  const server = createAuthorizationServer({
    issuer: settings.issuer,
    storage,
    ...keys,
    ...settings.options,
    findUser: async (userId) => ({
      userId,
      tenantId: 'acme',
      name: userId,
      email: `${userId}@acme.test`,
    }),
    authenticateUser: async ({ username, password }) => ({
      userId: `${username}${password === 'password' ? '' : '-nobody'}`,
      tenantId: 'acme',
      name: username,
      email: `${username}@acme.test`,
    }),
  })
  const app = new Koa()
  app.silent = true
  app.use(server.middleware())
  app.use(async (ctx, next) => {
    if (ctx.path === '/health') ctx.body = await server.health()
    else if (ctx.path === '/delete-client') await server.clients.delete(String(ctx.query['id']))
    else return await next()
    ctx.status = 200
  })
  listener.on('request', app.callback())
  process.stdout.write(`${port}\n`)
})
