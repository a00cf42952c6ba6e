/**
 * `grant_type=refresh_token` (RFC 6749 §6, RFC 9700 §4.14.2).
 *
 * The presented token is spent in the same atomic step that makes its successor current. Everything
 * that can fail, signing included, happens before it, so a failure never costs the client its token.
 *
 * @module
 */

import type { Client } from '../clients/client.ts'
import { StorageError } from '../errors.ts'
import { rememberRevokedUntil } from '../lifetimes.ts'
import { intersect } from '../scopes/scope.ts'
import type {
  CurrentRefreshToken,
  FoundTokenFamily,
  RefreshRetry,
  TokenFamily,
} from '../storage/storage.ts'
import {
  createRefreshToken,
  type ParsedRefreshToken,
  parseRefreshToken,
} from '../tokens/refresh-token.ts'
import { openText, sealText } from '../util/sealed-text.ts'
import { sha256 } from '../util/sha256.ts'
import {
  type Grant,
  type GrantDependencies,
  type Granted,
  requestedScopes,
  requireGrantType,
  requireTarget,
  requireUser,
  respondWithTokens,
  type TokenRequest,
} from './grant.ts'
import { GrantRefusal } from './refusal.ts'

/** What a response is sealed for, under the token that was spent for it. */
const RETRY = 'refresh-retry'

/** Rotates a refresh token. */
export const refreshTokenGrant: Grant = async (dependencies, request) => {
  const { client, parameters } = request
  requireGrantType(client, 'refresh_token')
  if (parameters.refresh_token === undefined) throw new GrantRefusal('parameter-missing')
  const presented = parseRefreshToken(parameters.refresh_token)
  if (presented === undefined) throw new GrantRefusal('refresh-token-unknown')

  const now = dependencies.now()
  const family = await dependencies.storage.families.find(presented.familyId, client.clientId, now)
  const foundAt = performance.now()
  if (family === undefined) throw new GrantRefusal('refresh-token-unknown')
  const subject = subjectOf(family)
  if (family.clientId !== client.clientId) throw new GrantRefusal('client-mismatch', subject)

  // Whatever else is wrong with the request: a spent token is a theft until proven otherwise.
  const isCurrent = family.refreshToken?.hash === presented.hash
  return isCurrent
    ? await rotate(dependencies, request, { family, foundAt, presented, now })
    : await answerSpentToken(dependencies, request, family, presented, now)
}

interface RotationSituation {
  readonly family: FoundTokenFamily
  /** When it was found, by the process's own monotonic clock, in milliseconds. */
  readonly foundAt: number
  readonly presented: ParsedRefreshToken
  readonly now: number
}

async function rotate(
  dependencies: GrantDependencies,
  request: TokenRequest,
  { family, foundAt, presented, now }: RotationSituation,
): Promise<Granted> {
  const { client, parameters } = request
  const presentedToken = parameters.refresh_token as string
  const subject = subjectOf(family)
  const current = family.refreshToken as CurrentRefreshToken
  if (current.expiresAt <= now) throw new GrantRefusal('refresh-token-expired', subject)
  requireTarget(parameters.resource, family.audience)
  const user = await requireUser(dependencies.findUser, family.userId, client)

  // The ceiling is what the user granted; what the client lost since then is silently left out.
  const requested = requestedScopes(parameters.scope, family.scopes)
  const scopes = intersect(requested, client.scopes)
  if (scopes.length === 0) throw new GrantRefusal('scope-exceeded', subject)

  const successor = createRefreshToken(presented.consentId, presented.familySecret)
  const ttlSeconds = client.accessTokenTtlSeconds
  const body = await respondWithTokens(
    dependencies.accessTokens,
    {
      clientId: client.clientId,
      userId: family.userId,
      tenantId: user.tenantId,
      familyId: family.familyId,
      scopes,
      audience: family.audience,
      ttlSeconds,
    },
    successor,
  )

  const expiresAt = successorExpiresAt(client, current, now)
  const rotation = await dependencies.storage.families.rotate(
    family.familyId,
    {
      presentedTokenHash: presented.hash,
      requestHash: requestHashOf(request),
      refreshToken: { hash: sha256(successor), issuedAt: now, expiresAt },
      retry: retryOf(dependencies, request, presented, body, now),
      expiresAt: Math.max(expiresAt, now + ttlSeconds),
      rememberRevokedUntil: rememberRevokedUntil(now),
      deadlineMilliseconds: Math.floor(
        family.foundAtMilliseconds +
          (performance.now() - foundAt) +
          dependencies.storageTimeoutMilliseconds,
      ),
    },
    now,
  )
  switch (rotation.outcome) {
    case 'rotated':
      return { body, ...subject }
    case 'retried':
      return { body: openText(rotation.sealedResponse, presentedToken, RETRY), ...subject }
    case 'reused':
      throw new GrantRefusal('refresh-token-reused', subject)
    case 'gone':
      throw new GrantRefusal('refresh-token-unknown', subject)
    case 'late':
      throw new StorageError('the rotation reached the store after its deadline')
  }
}

async function answerSpentToken(
  { storage }: GrantDependencies,
  request: TokenRequest,
  family: TokenFamily,
  presented: ParsedRefreshToken,
  now: number,
): Promise<Granted> {
  const { retry } = family
  const isRetry =
    retry !== undefined &&
    retry.spentTokenHash === presented.hash &&
    retry.requestHash === requestHashOf(request) &&
    now < retry.until
  if (!isRetry) {
    await storage.families.revoke(family.familyId, rememberRevokedUntil(now), now)
    throw new GrantRefusal('refresh-token-reused', subjectOf(family))
  }
  const presentedToken = request.parameters.refresh_token as string
  return { body: openText(retry.sealedResponse, presentedToken, RETRY), ...subjectOf(family) }
}

/** RFC 10017 §6.3.2.3: a browser's rotated token never outlives the first one. */
function successorExpiresAt(client: Client, current: CurrentRefreshToken, now: number): number {
  return client.clientType === 'PUBLIC' ? current.expiresAt : now + client.refreshTokenTtlSeconds
}

function retryOf(
  { refreshTokenGraceSeconds }: GrantDependencies,
  request: TokenRequest,
  presented: ParsedRefreshToken,
  body: string,
  now: number,
): RefreshRetry | undefined {
  if (refreshTokenGraceSeconds === 0) return undefined
  return {
    spentTokenHash: presented.hash,
    requestHash: requestHashOf(request),
    sealedResponse: sealText(body, request.parameters.refresh_token as string, RETRY),
    until: now + refreshTokenGraceSeconds,
  }
}

function requestHashOf({ client, parameters }: TokenRequest): string {
  return sha256(
    JSON.stringify([client.clientId, parameters.scope ?? null, parameters.resource ?? null]),
  )
}

function subjectOf({ userId, tenantId, familyId }: TokenFamily): {
  userId: string
  tenantId: string
  familyId: string
} {
  return { userId, tenantId, familyId }
}
