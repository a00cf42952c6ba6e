/**
 * `/super-admin/oauth-clients`: how a SuperAdmin registers partners.
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRegistry, NewClient } from '../clients/client-registry.ts'
import { ClientMetadataError } from '../errors.ts'
import type { AuthorizeSuperAdmin } from '../options.ts'
import { readJson } from './body.ts'
import { SUPER_ADMIN_CLIENTS_PATH } from './paths.ts'
import { PRIVATE_HEADERS, sendJsonError } from './respond.ts'

/** What the route works with. */
export interface SuperAdminDependencies {
  readonly issuer: string
  readonly clients: ClientRegistry
  readonly authorizeSuperAdmin: AuthorizeSuperAdmin
  readonly audit: AuditLog
}

/** Makes the route that registers clients. */
export function createSuperAdminRoute({
  issuer,
  clients,
  authorizeSuperAdmin,
  audit,
}: SuperAdminDependencies): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const decision = await authorizeSuperAdmin(ctx)
    if (decision === 'unauthenticated') {
      ctx.set('WWW-Authenticate', 'Bearer')
      sendJsonError(ctx, 401, 'unauthenticated', 'sign in as a SuperAdmin')
      return
    }
    if (decision === 'forbidden') {
      sendJsonError(ctx, 403, 'forbidden', 'only a SuperAdmin may do this')
      return
    }
    // A hook that returns something else, such as `false`, must not let anybody in.
    if (decision !== 'allowed') {
      throw new TypeError(
        'authorizeSuperAdmin must return "allowed", "unauthenticated" or "forbidden"',
      )
    }

    const body = await readJson(ctx)
    if (body === undefined) {
      sendJsonError(ctx, 400, 'invalid_request', 'the body must be a JSON object of at most 64 kB')
      return
    }
    try {
      // Not a NewClient yet: register() is what finds out.
      const { client, clientSecret } = await clients.register(body as unknown as NewClient)
      audit.record({ type: 'client.registered', clientId: client.clientId }, ctx.ip)
      ctx.set(PRIVATE_HEADERS)
      ctx.set('Location', `${issuer}${SUPER_ADMIN_CLIENTS_PATH}/${client.clientId}`)
      ctx.status = 201
      ctx.body = clientSecret === undefined ? client : { ...client, clientSecret }
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error
      ctx.status = 422
      ctx.type = 'application/problem+json' // RFC 9457
      ctx.set(PRIVATE_HEADERS)
      ctx.body = {
        type: 'about:blank',
        title: 'The client cannot be registered',
        status: 422,
        detail: error.message,
        errors: error.issues,
      }
    }
  }
}
