/**
 * `@teamcast/oauth-server/resource-server/node`: the middleware of `./resource-server` for hosts without
 * Koa: `node:http`, Express, Connect, Fastify, NestJS. Everything else is exported there.
 *
 * @module resource-server/node
 */

export { accessTokenOf, callerOf } from './checked-requests.ts'
export type { GuardOptions, NodeMiddleware } from './node-middleware.ts'
export { protectedResourceMetadata } from './protected-resource-metadata.ts'
export { requireAccessToken } from './require-access-token.ts'
export { requireCaller } from './require-caller.ts'
export { requireScopes } from './require-scopes.ts'
export { requireTenant } from './require-tenant.ts'
