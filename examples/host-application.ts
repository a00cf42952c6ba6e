/**
 * The host application, which mounts the authorization server.
 *
 * @module
 */

import {
  type AuditListener,
  type AuthorizationServer,
  createAuthorizationServer,
  type ManagedKeys,
  type Storage,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import Koa from 'koa'
import mount from 'koa-mount'
import { authenticateUser, createFindUser } from './demo-users.ts'
import { createInterviewApi } from './interview-api.ts'
import { sendPage } from './layout.ts'
import { createMcpServer, MCP_SCOPES } from './mcp-server.ts'
import { welcomePage } from './pages.ts'
import { servePictures } from './pictures.ts'
import { createSuperAdminSignIn } from './super-admin/sign-in.ts'

/** Options of the host application. */
export interface HostOptions {
  readonly issuer: string
  /** Port it listens on; also used to fetch its own JWKS. */
  readonly port: number
  readonly superAdminToken: string
  readonly storage: Storage
  readonly keys: ManagedKeys
  readonly refreshTokenGraceSeconds: number
  /** Whether partners may learn who signed in. */
  readonly openIdConnect: 'on' | 'off'
  /** URL of the demo partner; `undefined` when it is turned off. */
  readonly partnerUrl: string | undefined
}

/** The host application and its authorization server. */
export interface HostApplication {
  readonly app: Koa
  readonly authorizationServer: AuthorizationServer
}

/** Creates the host application. */
export function createHostApplication(options: HostOptions): HostApplication {
  const { issuer, port, superAdminToken, partnerUrl } = options
  const superAdmins = createSuperAdminSignIn({
    ...{ issuer, superAdminToken, onEvent: logEvent },
    now: () => Math.floor(Date.now() / 1000),
  })
  const mcpUrl = `${issuer}/mcp`
  const authorizationServer = createAuthorizationServer({
    issuer,
    storage: options.storage,
    keys: options.keys,
    resources: [
      { audience: issuer, scopes: Object.keys(TEAMCAST_SCOPES) },
      { audience: mcpUrl, scopes: MCP_SCOPES },
    ],
    // Some MCP clients ask for no scope.
    defaultScopes: ['interview:read'],
    refreshTokenGraceSeconds: options.refreshTokenGraceSeconds,
    // A disconnection in one tab takes effect at once in another.
    revocationCacheMilliseconds: 0,
    ...(options.openIdConnect === 'on' ? { openIdConnect: {} } : {}),
    findUser: createFindUser(issuer),
    authenticateUser,
    authorizeSuperAdmin: superAdmins.authorizeSuperAdmin,
    superAdminPages: superAdmins.superAdminPages,
    pages: { languages: ['en', 'de', 'ar'] },
    onEvent: logEvent,
  })

  const app = new Koa()
  // With an https issuer, a proxy terminates TLS in front of this process.
  app.proxy = issuer.startsWith('https:')
  app.maxIpsCount = 1
  app.use(authorizationServer.middleware())
  const { pathname } = new URL(issuer)
  const localUrl = `http://127.0.0.1:${port}${pathname === '/' ? '' : pathname}`
  const jwksUri = new URL(`${localUrl}/.well-known/jwks.json`)
  const verification = { issuer, jwksUri, revocations: authorizationServer.revocations }
  app.use(servePictures)
  app.use(createInterviewApi({ ...verification, audience: issuer }))
  app.use(mount(createMcpServer({ ...verification, audience: mcpUrl })))
  app.use(superAdmins.middleware)
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
    sendPage(ctx, welcomePage(issuer, partnerUrl))
  })
  return { app, authorizationServer }
}

/** Logs an audit event. */
export const logEvent: AuditListener = ({ type, ...event }) =>
  console.log(`[${type}]`, JSON.stringify(event))
