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
  Rotation,
  RotationOutcome,
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

/** What a response is sealed for, under the token that was spent for it. */
const RETRY = 'refresh-retry'

/** Rotates a refresh token. */
export const refreshTokenGrant: GrantHandler = async (dependencies, request) => {
  const { client, parameters } = request
  const token = parameters.get('refresh_token')
  if (token === undefined) throw new TokenRequestError('parameter-missing')
  const presented = parseRefreshToken(token)
  if (presented === undefined) throw new TokenRequestError('refresh-token-unknown')

  const now = dependencies.now()
  const family = await dependencies.storage.families.find(presented.familyId, client.clientId, now)
  const foundAt = performance.now()
  if (family === undefined) throw new TokenRequestError('refresh-token-unknown')
  const subject = subjectOf(family)
  if (family.clientId !== client.clientId) throw new TokenRequestError('client-mismatch', subject)

  // Whatever else is wrong with the request: a spent token is a theft until proven otherwise.
  const presentation = { request, token, presented, family, foundAt, now }
  const current = family.refreshToken
  return current?.hash === presented.hash
    ? await rotate(dependencies, presentation, current)
    : await answerSpentToken(dependencies, presentation)
}

/** A refresh token that was once issued, and the family that lives by another or by this one. */
interface Presentation {
  readonly request: TokenRequest
  /** The token as sent. */
  readonly token: string
  readonly presented: ParsedRefreshToken
  readonly family: FoundTokenFamily
  /** When the family was found, by the process's own monotonic clock, in milliseconds. */
  readonly foundAt: number
  readonly now: number
}

async function rotate(
  dependencies: GrantDependencies,
  presentation: Presentation,
  current: CurrentRefreshToken,
): Promise<IssuedTokens> {
  const { request, presented, family, now } = presentation
  const { client, parameters } = request
  const subject = subjectOf(family)
  if (current.expiresAt <= now) throw new TokenRequestError('refresh-token-expired', subject)
  const granted = grantedResources(dependencies, family.resources)
  const candidates = requestedResources(request, granted)
  const user = await requireUser(dependencies, request, family)

  // The ceiling is what the user granted; what the client lost since then is silently left out.
  const requested = requestedScopes(parameters.get('scope'), family.scopes)
  const target = requireTarget(candidates, intersect(requested, client.scopes), subject)

  const successor = createRefreshToken(presented.consentId, presented.familySecret)
  const ttlSeconds = client.accessTokenTtlSeconds
  const body = await respondWithTokens(
    dependencies.accessTokens,
    {
      ...subject,
      clientId: client.clientId,
      tenantId: user.tenantId,
      ...target,
      ttlSeconds,
    },
    successor,
  )

  const expiresAt = successorExpiresAt(client, current, now)
  const rotation: Rotation = {
    presentedTokenHash: presented.hash,
    requestHash: requestHashOf(request),
    refreshToken: { hash: sha256(successor), issuedAt: now, expiresAt },
    retry: retryOf(dependencies, presentation, body),
    expiresAt: Math.max(expiresAt, now + ttlSeconds),
    rememberRevokedUntil: rememberRevokedUntil(now),
    deadlineMilliseconds: deadlineOf(dependencies, presentation),
  }
  const outcome = await dependencies.storage.families.rotate(family.familyId, rotation, now)
  if (outcome.outcome === 'reused') {
    await dependencies.revoker.recordRevokedFamily(family.familyId)
  }
  return { body: bodyAfter(outcome, presentation, body), ...subject }
}

/** The body of the answer: the one made for this rotation, or the one its first try was given. */
function bodyAfter(rotation: RotationOutcome, presentation: Presentation, body: string): string {
  const subject = subjectOf(presentation.family)
  switch (rotation.outcome) {
    case 'rotated':
      return body
    case 'retried':
      return openText(rotation.sealedResponse, presentation.token, RETRY)
    case 'reused':
      throw new TokenRequestError('refresh-token-reused', subject)
    case 'gone':
      throw new TokenRequestError('refresh-token-unknown', subject)
    case 'late':
      throw new StorageError('the rotation reached the store after its deadline')
  }
}

async function answerSpentToken(
  { revoker }: GrantDependencies,
  { request, token, presented, family, now }: Presentation,
): Promise<IssuedTokens> {
  const { retry } = family
  const isRetry =
    retry !== undefined &&
    retry.spentTokenHash === presented.hash &&
    retry.requestHash === requestHashOf(request) &&
    now < retry.until
  if (!isRetry) {
    await revoker.revokeFamily(family.familyId)
    throw new TokenRequestError('refresh-token-reused', subjectOf(family))
  }
  return { body: openText(retry.sealedResponse, token, RETRY), ...subjectOf(family) }
}

/** RFC 10017 §6.3.2.3: a browser's rotated token never outlives the first one. */
function successorExpiresAt(client: Client, current: CurrentRefreshToken, now: number): number {
  return client.clientType === 'PUBLIC' ? current.expiresAt : now + client.refreshTokenTtlSeconds
}

/** The moment at which the caller of the store gives up, by the clock that found the family. */
function deadlineOf(
  { storageTimeoutMilliseconds }: GrantDependencies,
  { family, foundAt }: Presentation,
): number {
  const sinceFound = performance.now() - foundAt
  return Math.floor(family.foundAtMilliseconds + sinceFound + storageTimeoutMilliseconds)
}

function retryOf(
  { refreshTokenGraceSeconds }: GrantDependencies,
  { request, token, presented, now }: Presentation,
  body: string,
): RefreshRetry | undefined {
  if (refreshTokenGraceSeconds === 0) return undefined
  return {
    spentTokenHash: presented.hash,
    requestHash: requestHashOf(request),
    sealedResponse: sealText(body, token, RETRY),
    until: now + refreshTokenGraceSeconds,
  }
}

function requestHashOf({ client, parameters }: TokenRequest): string {
  const resources = parameters.getAll('resource')
  return sha256(JSON.stringify([client.clientId, parameters.get('scope') ?? null, ...resources]))
}

function subjectOf({ userId, tenantId, familyId }: TokenFamily): {
  userId: string
  tenantId: string
  familyId: string
} {
  return { userId, tenantId, familyId }
}
