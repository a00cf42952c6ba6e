/**
 * A user's connections as JSON.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Connection } from '../../connections/connection.ts'
import { inLanguage } from '../../http/page-views.ts'
import { sendProblem } from '../../http/responses.ts'
import { isFromOtherOrigin } from '../../http/same-origin.ts'
import type { User } from '../../users/user.ts'
import { type AccountDependencies, findCurrentUser } from './current-user.ts'

/** Sends the connections of the current user. */
export async function sendConnections(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<void> {
  const user = await requireUser(dependencies, ctx)
  if (user === undefined) return
  const list = await dependencies.connections.list(user.userId)
  const { language } = dependencies.pages.contextOf(ctx, { user })
  const connections = inLanguage(list, dependencies.scopes, language)
  ctx.body = { connections: connections.map(toJson) }
}

/** Disconnects a client from the current user. */
export async function deleteConnection(
  dependencies: AccountDependencies,
  ctx: Context,
  clientId: string,
): Promise<void> {
  // A preflight would stop it in a browser, but the host may allow preflights.
  if (isFromOtherOrigin(ctx, dependencies.issuer)) {
    sendProblem(ctx, 403, 'the request comes from another origin')
    return
  }
  const user = await requireUser(dependencies, ctx)
  if (user === undefined) return
  if (!(await dependencies.disconnect(user.userId, clientId, ctx.ip))) {
    sendProblem(ctx, 404, 'you have no connection to this client')
    return
  }
  ctx.status = 204
}

async function requireUser(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<User | undefined> {
  const { user } = await findCurrentUser(dependencies, ctx)
  if (user === undefined) {
    // RFC 9110 §15.5.2 requires a challenge. Browsers ignore unknown schemes.
    ctx.set('WWW-Authenticate', `Cookie realm="${dependencies.issuer}"`)
    sendProblem(ctx, 401, 'sign in first')
  }
  return user
}

function toJson(connection: Connection): Record<string, unknown> {
  const { clientId, name, clientUri, logoUrl, scopes, connectedAt, lastUsedAt } = connection
  return { clientId, name, clientUri, logoUrl, scopes, connectedAt, lastUsedAt }
}
