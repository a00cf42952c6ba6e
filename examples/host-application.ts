/**
 * The host: an application of its own that mounts the authorization server.
 *
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type AuditListener,
  type AuthorizationServer,
  type AuthorizeSuperAdmin,
  createAuthorizationServer,
  type ManagedKeys,
  type Storage,
} from '@teamcast/oauth-server'
import Koa from 'koa'
import { authenticateUser, findUser } from './demo-users.ts'
import { createInterviewApi } from './interview-api.ts'
import { renderWelcomePage, sendHtml } from './pages.ts'

/** What the host is started with. */
export interface HostOptions {
  readonly issuer: string
  /** Port it listens on, through which it reaches its own JWKS. */
  readonly port: number
  readonly superAdminToken: string
  readonly storage: Storage
  readonly keys: ManagedKeys
  readonly refreshTokenGraceSeconds: number
  /** Where the demo partner is; `undefined` when there is none. */
  readonly partnerUrl: string | undefined
}

/** The host application and the authorization server in it. */
export interface HostApplication {
  readonly app: Koa
  readonly authorizationServer: AuthorizationServer
}

/** Makes the host application. */
export function createHostApplication(options: HostOptions): HostApplication {
  const { issuer, port, superAdminToken, partnerUrl } = options
  const authorizationServer = createAuthorizationServer({
    issuer,
    storage: options.storage,
    keys: options.keys,
    refreshTokenGraceSeconds: options.refreshTokenGraceSeconds,
    findUser,
    authenticateUser,
    authorizeSuperAdmin: onlyWithToken(superAdminToken),
    onEvent: logEvent,
  })

  const app = new Koa()
  // An https issuer means that a proxy ends TLS in front of this process.
  app.proxy = issuer.startsWith('https:')
  app.maxIpsCount = 1
  app.use(authorizationServer.middleware())
  const { pathname } = new URL(issuer)
  const localUrl = `http://localhost:${port}${pathname === '/' ? '' : pathname}`
  app.use(createInterviewApi(issuer, new URL(`${localUrl}/.well-known/jwks.json`)))
  app.use(async (ctx, next) => {
    if (ctx.path !== '/health') return await next()
    const { isHealthy, backends } = await authorizationServer.health()
    ctx.status = isHealthy ? 200 : 503
    ctx.body = {
      isHealthy,
      backends: backends.map(({ name, isReachable }) => ({ name, isReachable })),
    }
  })
  app.use(async (ctx, next) => {
    if (ctx.path !== '/' || ctx.method !== 'GET') return await next()
    sendHtml(ctx, renderWelcomePage(issuer, partnerUrl))
  })
  return { app, authorizationServer }
}

/** Writes an audit event. */
export const logEvent: AuditListener = ({ type, ...event }) =>
  console.log(`[${type}]`, JSON.stringify(event))

function onlyWithToken(superAdminToken: string): AuthorizeSuperAdmin {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = hash(superAdminToken)
  return (ctx) => {
    const [, token = ''] = /^bearer +(.+)$/i.exec(ctx.get('authorization')) ?? []
    return timingSafeEqual(hash(token), expected) ? 'allowed' : 'unauthenticated'
  }
}
