/**
 * `GET, POST /oauth/userinfo` (OpenID Connect Core 1.0 §5.3): the claims about the user that the scopes of the access
 * token grant. Every access token with the scope `openid` is accepted, whatever its audience.
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import { isOriginOf } from '../clients/redirect-uri.ts'
import { allowOrigin, allowOriginToReadFailure, sendPreflightResponse } from '../http/cors.ts'
import { FormParameters, InvalidRequestError, readFormParameters } from '../http/form-parameters.ts'
import type { Route } from '../http/route.ts'
import { findUserClaims } from '../openid-connect/find-user-claims.ts'
import type { OpenIdConnect } from '../openid-connect/openid-connect-options.ts'
import {
  BearerTokenError,
  InsufficientScopeError,
  InvalidAccessTokenError,
  MalformedAuthorizationError,
  MissingAccessTokenError,
} from '../resource-server/errors.ts'
import { formatBearerChallenge } from '../resource-server/middleware/challenge.ts'
import { bearerCredentialsOf } from '../resource-server/middleware/request-credentials.ts'
import { isRevoked, type RevocationCheckDependencies } from '../revocation/revocation-checker.ts'
import { parseScopes } from '../scopes/scope.ts'
import type { ClientRecord } from '../storage/client.ts'
import {
  type AccessTokenClaims,
  type AccessTokens,
  tokenSubjectOf,
} from '../tokens/access-token.ts'
import type { FindUser, User } from '../users/user.ts'

/** Dependencies of the userinfo endpoint. */
export interface UserinfoDependencies extends RevocationCheckDependencies {
  readonly audit: AuditLog
  readonly accessTokens: Pick<AccessTokens, 'verify'>
  readonly findClient: (clientId: string) => Promise<ClientRecord | undefined>
  readonly findUser: FindUser
}

/** Creates the userinfo endpoint. */
export function createUserinfoEndpoint(
  dependencies: UserinfoDependencies,
  openIdConnect: OpenIdConnect,
): Route {
  return {
    methods: ['GET', 'POST', 'OPTIONS'],
    errorFormat: 'oauth',
    async handle(ctx) {
      if (ctx.method === 'OPTIONS') {
        sendPreflightResponse(ctx, 'GET, POST')
        return
      }
      try {
        await respond(dependencies, openIdConnect, ctx)
      } finally {
        // A failure reveals nothing, and a script must learn that its access token has expired.
        if (ctx.status !== 200 || ctx.body === undefined) {
          allowOriginToReadFailure(ctx, ['Retry-After', 'WWW-Authenticate'])
        }
      }
    },
  }
}

async function respond(
  dependencies: UserinfoDependencies,
  openIdConnect: OpenIdConnect,
  ctx: Context,
): Promise<void> {
  const { audit, accessTokens } = dependencies
  let token: AccessTokenClaims | undefined
  try {
    const text = await readAccessToken(ctx, openIdConnect.userinfo.audience)
    token = await accessTokens.verify(text)
    if (token === undefined) throw invalidToken('it has expired, or this server did not issue it')
    const { client, user, scopes } = await requirePermission(dependencies, token)
    const origin = ctx.get('origin')
    if (origin !== '' && !isOriginOf(client, origin)) {
      throw new InvalidRequestError('the origin is not one of the client')
    }
    const request = { client, scopes, destination: 'userinfo' } as const
    ctx.body = await findUserClaims(openIdConnect, user, request)
    if (origin !== '') allowOrigin(ctx)
    audit.record({ type: 'userinfo.sent', ...subjectOf(token), scopes }, ctx.ip)
  } catch (error) {
    const { status, code, reason } = sendBearerError(ctx, error)
    audit.record(
      { type: 'userinfo.refused', ...subjectOf(token), error: code ?? String(status), reason },
      ctx.ip,
    )
  }
}

/**
 * Reads the access token from the Authorization header or the form of a POST (RFC 6750 §2.1, §2.2); never from the
 * query, which ends up in logs.
 */
async function readAccessToken(ctx: Context, realm: string): Promise<string> {
  const credentials = bearerCredentialsOf(ctx.req)
  if (credentials.kind === 'malformed') throw new MalformedAuthorizationError()
  const hasForm = ctx.method === 'POST' && ctx.is('application/x-www-form-urlencoded')
  const parameters = hasForm ? await readFormParameters(ctx) : new FormParameters()
  const inForm = parameters.get('access_token')
  const inHeader = credentials.kind === 'token' ? credentials.token : undefined
  if (inForm !== undefined && inHeader !== undefined) {
    throw new InvalidRequestError('send the access token once')
  }
  const token = inHeader ?? inForm
  if (token === undefined) throw new MissingAccessTokenError(realm)
  return token
}

interface Permission {
  readonly client: ClientRecord
  readonly user: User
  readonly scopes: ReadonlyArray<string>
}

/** Checks everything that may have changed since the access token was issued, and its scopes. */
async function requirePermission(
  dependencies: UserinfoDependencies,
  {
    jti: tokenId,
    grant_id: familyId,
    client_id: clientId,
    sub,
    tenant_id,
    scope,
  }: AccessTokenClaims,
): Promise<Permission> {
  const [isTokenRevoked, client] = await Promise.all([
    isRevoked(dependencies, { tokenId, familyId, clientId }),
    dependencies.findClient(clientId),
  ])
  if (isTokenRevoked || client === undefined) throw invalidToken('it was revoked')
  const scopes = parseScopes(scope) ?? []
  if (!scopes.includes('openid')) throw new InsufficientScopeError(['openid'])
  const user = await dependencies.findUser(sub)
  if (user === undefined) throw invalidToken('its user does not exist or is disabled')
  if (user.tenantId !== tenant_id) throw invalidToken('its user has left the tenant')
  return { client, user, scopes }
}

function invalidToken(detail: string): InvalidAccessTokenError {
  return new InvalidAccessTokenError('revoked', detail)
}

interface SentError {
  readonly status: number
  readonly code: string | undefined
  /** For the audit event. */
  readonly reason: string
}

/** Sends the response to a request that is refused (RFC 6750 §3.1). Throws every other error again. */
function sendBearerError(ctx: Context, error: unknown): SentError {
  if (error instanceof InvalidRequestError) {
    const { message } = error
    const challenge = { error: 'invalid_request', errorDescription: message } as const
    ctx.status = 400
    ctx.set('WWW-Authenticate', formatBearerChallenge(challenge))
    ctx.body = { error: challenge.error, error_description: message }
    return { status: 400, code: challenge.error, reason: message }
  }
  if (!(error instanceof BearerTokenError)) throw error
  ctx.status = error.status
  ctx.set(error.headers)
  ctx.body = { error: error.error, error_description: error.message }
  const reason = error instanceof InvalidAccessTokenError ? error.detail : error.message
  return { status: error.status, code: error.error, reason }
}

function subjectOf(token: AccessTokenClaims | undefined): object {
  return token === undefined ? {} : { clientId: token.client_id, ...tokenSubjectOf(token) }
}
