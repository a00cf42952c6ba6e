/**
 * Introspection and revocation: oidc-provider parses the request and authenticates the client, we
 * answer. Its own answers are about tokens it keeps, and it refuses JWTs altogether
 * (`unsupported_token_type`), which we take as "authenticated, over to you".
 *
 * @module
 */

import type { Context } from 'koa'
import { errors, type KoaContextWithOIDC, type default as Provider } from 'oidc-provider'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Client } from '../clients/client.ts'
import { introspect, type TokenStatusDependencies } from '../token-status/introspect.ts'
import { revoke } from '../token-status/revoke.ts'
import { clientRecordOf } from './client-metadata.ts'
import { answerInvalidClient } from './invalid-client.ts'

/** Completes a request that oidc-provider has been through. */
export type AnswerTokenStatus = (ctx: Context) => Promise<void>

/** Makes the second half of the introspection and revocation endpoints. */
export function createTokenStatusEndpoints(
  provider: Provider,
  dependencies: TokenStatusDependencies,
  audit: AuditLog,
): AnswerTokenStatus {
  const refusedAsJwt = new WeakSet<object>()
  const remember = (ctx: KoaContextWithOIDC, error: Error): void => {
    if (error instanceof errors.UnsupportedTokenType) refusedAsJwt.add(ctx)
  }
  provider.on('introspection.error', remember)
  provider.on('revocation.error', remember)

  return async (context) => {
    const ctx = context as KoaContextWithOIDC
    const { route, params, client: providerClient } = ctx.oidc
    const isAuthenticated = ctx.status === 200 || refusedAsJwt.has(ctx)
    if (!isAuthenticated || providerClient === undefined) return
    const client = clientRecordOf(providerClient)
    const token = String(params?.['token'])
    if (route === 'introspection') {
      await answerIntrospection(dependencies, audit, ctx, client, token)
    } else if (route === 'revocation') {
      await answerRevocation(dependencies, audit, ctx, client, token)
    }
  }
}

async function answerIntrospection(
  dependencies: TokenStatusDependencies,
  audit: AuditLog,
  ctx: Context,
  client: Client,
  token: string,
): Promise<void> {
  const { clientId, clientType } = client
  if (clientType === 'PUBLIC') {
    // RFC 7662 §2.1: the endpoint is for authenticated clients.
    const reason = 'a PUBLIC client cannot authenticate'
    audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
    answerInvalidClient(ctx, dependencies.issuer)
    return
  }
  const { response, subject } = await introspect(dependencies, client, token)
  const isActive = response.active
  audit.record({ type: 'token.introspected', clientId, ...subject, isActive }, ctx.ip)
  ctx.status = 200
  ctx.body = response
}

async function answerRevocation(
  dependencies: TokenStatusDependencies,
  audit: AuditLog,
  ctx: Context,
  client: Client,
  token: string,
): Promise<void> {
  const { clientId } = client
  const revocation = await revoke(dependencies, client, token)
  if (revocation.outcome === 'not-yours') {
    const error = 'invalid_request'
    audit.record({ type: 'token.refused', clientId, error, reason: 'client-mismatch' }, ctx.ip)
    ctx.status = 400
    ctx.body = { error, error_description: 'the token was not issued to this client' }
    return
  }
  if (revocation.outcome === 'revoked') {
    audit.record({ type: 'token.revoked', clientId, ...revocation.subject }, ctx.ip)
  }
  // RFC 7009 §2.2: where there was nothing to revoke, the purpose of the request is achieved already.
  ctx.status = 200
  ctx.body = ''
}
