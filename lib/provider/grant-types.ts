/**
 * Our grants in oidc-provider's token endpoint, in place of its own: it authenticates the client and
 * reads the parameters, we decide and answer.
 *
 * @module
 */

import { errors, type KoaContextWithOIDC, type default as Provider } from 'oidc-provider'
import type { AuditLog } from '../audit/audit-log.ts'
import type { GrantType } from '../clients/client.ts'
import { authorizationCodeGrant } from '../grants/authorization-code-grant.ts'
import { clientCredentialsGrant } from '../grants/client-credentials-grant.ts'
import type { Grant, GrantDependencies, TokenParameter } from '../grants/grant.ts'
import { refreshTokenGrant } from '../grants/refresh-token-grant.ts'
import { GrantRefusal } from '../grants/refusal.ts'
import { clientRecordOf } from './client-metadata.ts'
import { answeringOutages, RefusedGrantError } from './errors.ts'

interface GrantRegistration {
  readonly grant: Grant
  readonly parameters: ReadonlyArray<TokenParameter>
}

const GRANTS: Readonly<Record<GrantType, GrantRegistration>> = {
  authorization_code: {
    grant: authorizationCodeGrant,
    parameters: ['code', 'code_verifier', 'redirect_uri'],
  },
  refresh_token: { grant: refreshTokenGrant, parameters: ['refresh_token', 'scope'] },
  client_credentials: { grant: clientCredentialsGrant, parameters: ['scope'] },
}

/** Registers our grants. */
export function registerGrants(
  provider: Provider,
  dependencies: GrantDependencies,
  audit: AuditLog,
): void {
  for (const [name, { grant, parameters }] of Object.entries(GRANTS)) {
    const grantType = name as GrantType
    provider.registerGrantType(
      grantType,
      async (ctx) => {
        const client = clientRecordOf(ctx.oidc.client)
        const granted = await answeringOutages(() =>
          grant(dependencies, {
            client,
            parameters: presentParameters(ctx, parameters),
            resources: presentValues(ctx, 'resource'),
          }),
        ).catch((error: unknown) => {
          throw error instanceof GrantRefusal ? new RefusedGrantError(error) : error
        })
        ctx.type = 'json'
        ctx.body = granted.body
        const { userId, tenantId, familyId } = granted
        const { clientId } = client
        audit.record(
          { type: 'token.issued', grantType, clientId, userId, tenantId, familyId },
          ctx.ip,
        )
      },
      parameters.filter((name) => name !== 'scope'),
    )
  }
}

/**
 * The parameters as sent; an empty one is an absent one (RFC 6749 §3.2).
 *
 * `scope` is kept from oidc-provider, which would refuse a malformed one on sight, and so is `resource`: a
 * spent refresh token must not be overlooked because of what was sent along with it.
 */
function presentParameters(
  ctx: Pick<KoaContextWithOIDC, 'oidc'>,
  names: ReadonlyArray<TokenParameter>,
): Partial<Record<TokenParameter, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      if (Array.isArray(ctx.oidc.body?.[name])) {
        throw new errors.InvalidRequest(`'${name}' parameter must not be provided twice`)
      }
      return presentValues(ctx, name).map((value) => [name, value])
    }),
  )
}

/** The values of a parameter, as often as it was sent. */
function presentValues(
  { oidc: { body } }: Pick<KoaContextWithOIDC, 'oidc'>,
  name: string,
): ReadonlyArray<string> {
  return [body?.[name]]
    .flat()
    .filter((value): value is string => typeof value === 'string' && value !== '')
}
