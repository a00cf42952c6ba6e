/**
 * `grant_type=refresh_token` (RFC 6749 §6, RFC 9700 §4.14.2).
 *
 * One atomic step makes the presented token used and its successor current. Everything else that can fail,
 * such as signing, happens before it, so the client keeps its token if something fails.
 *
 * @module
 */

import { findAccessRefusal } from '../clients/client-access.ts'
import { StorageError } from '../errors.ts'
import { withoutOfflineAccess } from '../openid-connect/identity-scopes.ts'
import type { Resource } from '../resources/protected-resource.ts'
import { formatScopes, intersect, isSubset, parseScopes, splitAtSpaces } from '../scopes/scope.ts'
import type { Client } from '../storage/client.ts'
import { deadlineAfter } from '../storage/deadline.ts'
import type {
  CurrentRefreshToken,
  FoundTokenFamily,
  RefreshReplay,
  Rotation,
  TokenFamily,
} from '../storage/token-family-store.ts'
import type { TokenSubject } from '../tokens/access-token.ts'
import {
  createRefreshToken,
  type ParsedRefreshToken,
  parseRefreshToken,
} from '../tokens/refresh-token.ts'
import { decryptText, encryptText } from '../util/encrypted-text.ts'
import { sha256 } from '../util/sha256.ts'
import {
  type GrantDependencies,
  type GrantHandler,
  grantedResources,
  type IssuedTokens,
  requestedResources,
  requestedScopes,
  requireTarget,
  requireUser,
  respondWithTokens,
  type TokenRequest,
} from './grant-handler.ts'
import { TokenRequestError } from './token-request-error.ts'

/** Purpose of the encryption of a replayed response; the key is derived from the used token. */
const REPLAY_PURPOSE = 'refresh-replay'

/** Rotates a refresh token. */
export const refreshTokenGrant: GrantHandler = {
  clientTypes: ['CONFIDENTIAL', 'PUBLIC'],
  handle: refresh,
}

async function refresh(
  dependencies: GrantDependencies,
  request: TokenRequest,
): Promise<IssuedTokens> {
  const { client, parameters } = request
  const token = parameters.get('refresh_token')
  if (token === undefined) throw new TokenRequestError('parameter-missing')
  const presented = parseRefreshToken(token)
  if (presented === undefined) throw new TokenRequestError('refresh-token-unknown')

  const now = dependencies.now()
  const family = await dependencies.storage.families.find(presented.familyId, client.clientId, now)
  if (family === undefined) throw new TokenRequestError('refresh-token-unknown')
  const deadlineMilliseconds = deadlineAfter(family, dependencies.storageTimeoutMilliseconds)
  const subject = subjectOf(family)
  if (family.clientId !== client.clientId) throw new TokenRequestError('client-mismatch', subject)

  const presentation = { request, token, presented, family, deadlineMilliseconds, now }
  const current = family.refreshToken
  const isCurrent = current?.hash === presented.hash
  const replay = isCurrent ? undefined : replayOf(presentation)
  if (current === undefined || !(isCurrent || replay)) {
    // Reuse comes before any other error: the used token may have been stolen (RFC 9700 §4.14.2).
    await dependencies.revoker.revokeFamily(family)
    throw new TokenRequestError('refresh-token-reused', subject)
  }
  const permission = await requirePermission(dependencies, presentation, current)
  return replay === undefined
    ? await rotate(dependencies, presentation, current, permission)
    : replayResponse(replay.encryptedResponse, presentation, permission)
}

/** A genuine refresh token and its family; the token may be the current one or a used one. */
interface Presentation {
  readonly request: TokenRequest
  /** The token as sent. */
  readonly token: string
  readonly presented: ParsedRefreshToken
  readonly family: FoundTokenFamily
  /** The deadline for the rotation, if the store is called now. */
  readonly deadlineMilliseconds: () => number
  readonly now: number
}

/** The resources and scopes that are allowed now. */
interface Permission {
  readonly resources: ReadonlyArray<Resource>
  readonly scopes: ReadonlyArray<string>
}

/**
 * Checks everything that may have changed since the family was created, or the response was stored. Revokes the
 * family if the user may no longer use the client.
 */
async function requirePermission(
  dependencies: GrantDependencies,
  { request, family, now }: Presentation,
  current: CurrentRefreshToken,
): Promise<Permission> {
  if (current.expiresAt <= now) {
    throw new TokenRequestError('refresh-token-expired', subjectOf(family))
  }
  const granted = grantedResources(dependencies, family.resources)
  const resources = requestedResources(request, granted)
  const user = await requireUser(dependencies, request, family)
  const refusal = await findAccessRefusal(dependencies.authorizeClient, request.client, user)
  if (refusal !== undefined) {
    await dependencies.revoker.revokeFamily(family)
    throw new TokenRequestError(refusal, subjectOf(family))
  }
  // Scopes that the client or the consent has lost since the grant are left out without an error.
  const requested = requestedScopes(scopeStringOf(dependencies, request), family.scopes)
  const permitted = intersect(request.client.scopes, family.consentedScopes)
  return { resources, scopes: intersect(requested, permitted) }
}

/** The `scope` of a request. Some OpenID Connect libraries send `offline_access` at a refresh, too. */
function scopeStringOf(
  { openIdConnect }: GrantDependencies,
  { parameters }: TokenRequest,
): string | undefined {
  const scopeString = parameters.get('scope')
  if (openIdConnect === undefined || scopeString === undefined) return scopeString
  return formatScopes(withoutOfflineAccess(splitAtSpaces(scopeString)))
}

async function rotate(
  dependencies: GrantDependencies,
  presentation: Presentation,
  current: CurrentRefreshToken,
  permission: Permission,
): Promise<IssuedTokens> {
  const { request, presented, family, now } = presentation
  const { client } = request
  const subject = subjectOf(family)
  const target = requireTarget(permission.resources, permission.scopes, subject)

  const successor = createRefreshToken(presented.consentId, presented.familySecret)
  const ttlSeconds = client.accessTokenTtlSeconds
  const { body, accessTokenExpiresAt } = await respondWithTokens(
    dependencies.accessTokens,
    {
      ...subject,
      clientId: client.clientId,
      ...target,
      ttlSeconds,
    },
    successor,
  )

  const expiresAt = successorExpiresAt(client, current, now)
  const accessTokensExpireAt = Math.max(family.accessTokensExpireAt, accessTokenExpiresAt)
  const rotation: Rotation = {
    presentedTokenHash: presented.hash,
    requestHash: requestHashOf(request),
    refreshToken: { hash: sha256(successor), issuedAt: now, expiresAt },
    replay: createReplay(dependencies, presentation, body),
    accessTokensExpireAt,
    expiresAt: Math.max(family.expiresAt, expiresAt, accessTokensExpireAt),
    deadlineMilliseconds: presentation.deadlineMilliseconds(),
  }
  const outcome = await dependencies.storage.families.rotate(family.familyId, rotation, now)
  switch (outcome.outcome) {
    case 'rotated':
      return { body, isReplay: false, subject }
    case 'replayed':
      return replayResponse(outcome.encryptedResponse, presentation, permission)
    case 'reused':
      await dependencies.revoker.revokeFamily(family)
      throw new TokenRequestError('refresh-token-reused', subject)
    case 'not-found':
      throw new TokenRequestError('refresh-token-unknown', subject)
    case 'late':
      throw new StorageError('the rotation reached the store after its deadline', {
        operation: 'families.rotate()',
      })
  }
}

/** The response to replay: for the same request, within the refresh grace period. */
function replayOf({ request, presented, family, now }: Presentation): RefreshReplay | undefined {
  const { replay } = family
  const isReplay =
    replay?.usedTokenHash === presented.hash &&
    replay.requestHash === requestHashOf(request) &&
    now < replay.until
  return isReplay ? replay : undefined
}

/**
 * Replays a response byte for byte. Fails if the client or the consent has lost one of its scopes since.
 */
function replayResponse(
  encryptedResponse: string,
  { token, family }: Presentation,
  { scopes }: Permission,
): IssuedTokens {
  const subject = subjectOf(family)
  const body = decryptText(encryptedResponse, token, REPLAY_PURPOSE)
  const { scope } = JSON.parse(body) as { readonly scope: string }
  const isPermitted = isSubset(parseScopes(scope) ?? [], scopes)
  if (!isPermitted) throw new TokenRequestError('replay-outdated', subject)
  return { body, isReplay: true, subject }
}

/** RFC 10017 §6.3.2.3: a rotated token of a PUBLIC client does not outlive the first one. */
function successorExpiresAt(client: Client, current: CurrentRefreshToken, now: number): number {
  return client.clientType === 'PUBLIC' ? current.expiresAt : now + client.refreshTokenTtlSeconds
}

function createReplay(
  { refreshTokenGraceSeconds }: GrantDependencies,
  { request, token, presented, now }: Presentation,
  body: string,
): RefreshReplay | undefined {
  if (refreshTokenGraceSeconds === 0) return undefined
  return {
    usedTokenHash: presented.hash,
    requestHash: requestHashOf(request),
    encryptedResponse: encryptText(body, token, REPLAY_PURPOSE),
    until: now + refreshTokenGraceSeconds,
  }
}

function requestHashOf({ client, parameters }: TokenRequest): string {
  const resources = parameters.getAll('resource')
  return sha256(JSON.stringify([client.clientId, parameters.get('scope') ?? null, ...resources]))
}

function subjectOf({ userId, tenantId, familyId }: TokenFamily): Required<TokenSubject> {
  return { userId, tenantId, familyId }
}
