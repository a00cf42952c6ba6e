/**
 * Where oidc-provider's answer is not the contract's.
 *
 * @module
 */

import type { KoaContextWithOIDC } from 'oidc-provider'
import { forbidOtherOrigins } from '../http/cors.ts'
import { isOriginOfPublicClient } from './configuration.ts'
import { answerInvalidClient } from './invalid-client.ts'

/** Corrects an answer. */
export function correctAnswer(ctx: KoaContextWithOIDC): void {
  answerWithoutCredentials(ctx)
  if (!isOwnOrigin(ctx)) forbidOtherOrigins(ctx)
  // The contract says 302; oidc-provider redirects with 303, and only after a GET here.
  if (ctx.status === 303) ctx.status = 302
}

/**
 * A request that does not even say which client it comes from: oidc-provider calls that
 * `invalid_request`, RFC 6749 §5.2 `invalid_client`.
 */
function answerWithoutCredentials(ctx: KoaContextWithOIDC): void {
  const { client, params, body, route } = ctx.oidc
  // As sent: oidc-provider takes out what was sent twice, which is another mistake.
  const names = [ctx.headers.authorization, body?.['client_id'], body?.['client_assertion']]
  if (route === 'authorization' || route === 'resume' || ctx.status !== 400) return
  if (client !== undefined || params === undefined || names.some(Boolean)) return
  answerInvalidClient(ctx, ctx.oidc.issuer)
}

/**
 * Whether the answer may be read by scripts of the request's origin: those of the client's own browser
 * application, and everybody's preflight, which does not say who the client is.
 */
function isOwnOrigin(ctx: KoaContextWithOIDC): boolean {
  const { client, route } = ctx.oidc
  if (ctx.method === 'OPTIONS') return true
  if (client === undefined || (route !== 'token' && route !== 'revocation')) return false
  return isOriginOfPublicClient(ctx.get('origin'), client)
}
