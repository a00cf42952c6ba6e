/**
 * Client authentication at our own routes, by the rules that oidc-provider has at the protocol endpoints.
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRecord } from '../clients/client.ts'
import { findClientSecret } from '../clients/client-secret.ts'
import type { NoteSecretUse } from '../clients/secret-uses.ts'
import { parseBasicCredentials } from './basic-credentials.ts'
import { sendJsonError } from './respond.ts'
import type { Throttle } from './throttle.ts'

/** What authentication works with. */
export interface ClientAuthenticationDependencies {
  readonly issuer: string
  readonly findClient: (clientId: string) => Promise<ClientRecord | undefined>
  /** Counts failures, together with those at the protocol endpoints. */
  readonly clientThrottle: Pick<Throttle, 'isBlocked' | 'recordFailure'>
  readonly noteSecretUse: NoteSecretUse
  readonly audit: AuditLog
  readonly now: () => number
}

/**
 * Authenticates a `CONFIDENTIAL` client with HTTP Basic.
 *
 * @returns `undefined` when it fails; the request is answered then.
 */
export async function authenticateClient(
  dependencies: ClientAuthenticationDependencies,
  ctx: Context,
): Promise<ClientRecord | undefined> {
  const { findClient, clientThrottle, noteSecretUse, now } = dependencies
  const authorization = ctx.get('authorization')
  if (authorization === '') return refuse(dependencies, ctx, undefined, 'no credentials')
  const credentials = parseBasicCredentials(authorization)
  if (credentials === undefined) {
    sendJsonError(ctx, 400, 'invalid_request', 'the Authorization header must be well-formed Basic')
    return undefined
  }
  const client = await findClient(credentials.clientId)
  const clientId = client?.clientId
  if (await clientThrottle.isBlocked(ctx.ip, clientId)) {
    audit(dependencies, ctx, clientId, 'too many failed attempts')
    const description = 'too many failed attempts, try again later'
    sendJsonError(ctx, 429, 'temporarily_unavailable', description)
    return undefined
  }
  // A PUBLIC client has no secret, so none matches. An unknown one is compared with none, in the same time.
  const secret = findClientSecret(credentials.clientSecret, client?.secrets ?? [], now())
  if (client !== undefined && secret !== undefined) {
    noteSecretUse(client, secret)
    return client
  }
  clientThrottle.recordFailure(ctx.ip, clientId)
  return refuse(dependencies, ctx, clientId, 'unknown client or wrong secret')
}

function refuse(
  dependencies: ClientAuthenticationDependencies,
  ctx: Context,
  clientId: string | undefined,
  reason: string,
): undefined {
  audit(dependencies, ctx, clientId, reason)
  ctx.set('WWW-Authenticate', `Basic realm="${dependencies.issuer}"`)
  sendJsonError(ctx, 401, 'invalid_client', 'client authentication failed')
  return undefined
}

function audit(
  dependencies: ClientAuthenticationDependencies,
  ctx: Context,
  clientId: string | undefined,
  reason: string,
): void {
  dependencies.audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
}
