/**
 * The responses to requests whose client has not authenticated (RFC 6749 §5.2).
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../../audit/audit-log.ts'
import { sendErrorResponse } from '../responses.ts'
import type { FailedAuthentication } from './authenticate-client.ts'

/** Sends `invalid_client` with the challenge that a 401 needs (RFC 9110 §15.5.2). */
export function sendInvalidClient(
  ctx: Context,
  issuer: string,
  description = 'client authentication failed',
): void {
  ctx.set('WWW-Authenticate', `Basic realm="${issuer}"`)
  sendErrorResponse(ctx, 401, 'invalid_client', description)
}

/** Records a failed authentication and sends the response: `invalid_client`, or 429 after too many attempts. */
export function sendAuthenticationError(
  { issuer, audit }: { readonly issuer: string; readonly audit: AuditLog },
  ctx: Context,
  failure: FailedAuthentication,
): void {
  const { clientId, reason } = failure
  audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
  if (failure.outcome === 'failed') {
    sendInvalidClient(ctx, issuer, failure.hint)
  } else {
    ctx.set('Retry-After', String(failure.retryAfterSeconds))
    const description = 'too many failed attempts, try again later'
    sendErrorResponse(ctx, 429, 'temporarily_unavailable', description)
  }
}
