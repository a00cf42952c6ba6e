/**
 * Client authentication at our own routes, by the rules that oidc-provider has at the protocol endpoints.
 *
 * A secret has 256 bits, so a right one is never refused because others failed: it is compared first, and
 * only wrong ones are counted and slowed down.
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
  const { findClient, noteSecretUse, now } = dependencies
  const authorization = ctx.get('authorization')
  if (authorization === '') return refuse(dependencies, ctx, undefined, 'no credentials')
  const credentials = parseBasicCredentials(authorization)
  if (credentials === undefined) {
    sendJsonError(ctx, 400, 'invalid_request', 'the Authorization header must be well-formed Basic')
    return undefined
  }
  const client = await findClient(credentials.clientId)
  // A PUBLIC client has no secret, so none matches. An unknown one is compared with none, in the same time.
  const secret = findClientSecret(credentials.clientSecret, client?.secrets ?? [], now())
  if (client !== undefined && secret !== undefined) {
    noteSecretUse(client, secret)
    return client
  }
  const clientId = client?.clientId
  const reason = 'unknown client or wrong secret'
  if (await refuseIfBlocked(dependencies, ctx, clientId)) return undefined
  return refuse(dependencies, ctx, clientId, reason)
}

/**
 * Counts a client's failure to authenticate.
 *
 * @returns `true` when its address had failed too often before; the request is answered with 429 then.
 */
export async function refuseIfBlocked(
  { clientThrottle, audit }: Pick<ClientAuthenticationDependencies, 'clientThrottle' | 'audit'>,
  ctx: Context,
  clientId: string | undefined,
): Promise<boolean> {
  if (!(await clientThrottle.isBlocked(ctx.ip, clientId))) {
    clientThrottle.recordFailure(ctx.ip, clientId)
    return false
  }
  const reason = 'too many failed attempts'
  audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
  sendJsonError(ctx, 429, 'temporarily_unavailable', `${reason}, try again later`)
  return true
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
