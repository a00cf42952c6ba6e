/**
 * Audit events of the authorization endpoint, from oidc-provider's events.
 *
 * @module
 */

import type { KoaContextWithOIDC, default as Provider } from 'oidc-provider'
import type { AuditLog } from '../audit/audit-log.ts'
import { isUnavailable } from '../errors.ts'
import { operationOf } from '../http/paths.ts'
import type { Progress } from '../interaction/pending-request.ts'
import { emitError } from '../util/host-function.ts'
import { userOf } from './account.ts'
import type { DeniedResult } from './request-result.ts'
import { requestStateOf } from './request-state.ts'

/** Records the events of oidc-provider. */
export function recordProviderEvents(provider: Provider, audit: AuditLog): void {
  const isRepeated = (ctx: KoaContextWithOIDC): boolean =>
    requestStateOf(ctx).resumed?.isResponseSent ?? false
  const recordFailure = (ctx: KoaContextWithOIDC, error: unknown): void => {
    audit.record({ type: 'server.error', error, operation: operationOf(ctx) }, ctx.ip)
    emitError(ctx, error)
  }
  provider.on('authorization.success', (ctx: KoaContextWithOIDC) => {
    if (isRepeated(ctx)) return
    audit.record(
      {
        type: 'authorization.granted',
        clientId: ctx.oidc.client?.clientId,
        userId: ctx.oidc.session?.accountId,
        tenantId: userOf(ctx.oidc.account)?.tenantId,
        scopes: [...ctx.oidc.requestParamScopes],
      },
      ctx.ip,
    )
  })
  provider.on('authorization.error', (ctx: KoaContextWithOIDC, error: Error) => {
    const { clientFailure = error } = requestStateOf(ctx)
    const { cause = clientFailure } = clientFailure as { readonly cause?: unknown }
    if (clientFailure !== error || isUnavailable(cause)) {
      recordFailure(ctx, cause)
      return
    }
    const isDenied = isDeniedByUser(ctx)
    if (isDenied && isRepeated(ctx)) return
    const { account, session } = ctx.oidc
    const userId = signedInUserOf(ctx) ?? session?.accountId
    audit.record(
      {
        type: isDenied ? 'authorization.denied' : 'authorization.refused',
        clientId: ctx.oidc.client?.clientId,
        userId,
        tenantId: account?.accountId === userId ? userOf(account)?.tenantId : undefined,
        error: error.message,
        reason: reasonOf(error),
      },
      ctx.ip,
    )
  })
  provider.on('server_error', recordFailure)
}

/** Whether the user denied the request on our pages. */
function isDeniedByUser({ oidc }: KoaContextWithOIDC): boolean {
  const { error } = (oidc.entities.Interaction?.result ?? {}) as { readonly error?: string }
  return error === 'access_denied'
}

/** The user who denied or signed in on our pages: not in the session yet. */
function signedInUserOf({ oidc }: KoaContextWithOIDC): string | undefined {
  const { deniedBy, progress } = (oidc.entities.Interaction?.result ?? {}) as Partial<
    DeniedResult & { readonly progress: Progress }
  >
  return deniedBy ?? progress?.signedIn?.userId
}

function reasonOf(error: Error): string {
  const { error_detail: detail, error_description: description } = error as {
    readonly error_detail?: string
    readonly error_description?: string
  }
  return detail ?? description ?? error.message
}
