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
import { introspect, type TokenStatusDependencies } from '../token-status/introspect.ts'
import { revoke } from '../token-status/revoke.ts'
import { clientRecordOf } from './client-metadata.ts'

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
    const { route, params } = ctx.oidc
    const isAuthenticated = ctx.status === 200 || refusedAsJwt.has(ctx)
    if (!isAuthenticated || ctx.oidc.client === undefined) return
    const client = clientRecordOf(ctx.oidc.client)
    const { clientId } = client
    const token = String(params?.['token'])

    if (route === 'introspection') {
      if (client.clientType === 'PUBLIC') {
        // RFC 7662 §2.1: the endpoint is for authenticated clients.
        const reason = 'a PUBLIC client cannot authenticate'
        audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
        ctx.set('WWW-Authenticate', `Basic realm="${dependencies.issuer}"`)
        answer(ctx, 401, {
          error: 'invalid_client',
          error_description: 'client authentication is required',
        })
        return
      }
      const introspection = await introspect(dependencies, client, token)
      audit.record({ type: 'token.introspected', clientId, isActive: introspection.active }, ctx.ip)
      answer(ctx, 200, introspection)
    } else if (route === 'revocation') {
      const revocation = await revoke(dependencies, client, token)
      switch (revocation.outcome) {
        case 'revoked':
          audit.record(
            {
              type: 'token.revoked',
              clientId,
              userId: revocation.userId,
              familyId: revocation.familyId,
            },
            ctx.ip,
          )
          ctx.status = 200
          ctx.body = ''
          break
        case 'nothing-to-revoke':
          // RFC 7009 §2.2: the purpose of the request is achieved already.
          ctx.status = 200
          ctx.body = ''
          break
        case 'not-yours':
          answer(ctx, 400, {
            error: 'invalid_request',
            error_description: 'the token was not issued to this client',
          })
      }
    }
  }
}

function answer(ctx: Context, status: number, body: object): void {
  ctx.status = status
  ctx.body = body
}
