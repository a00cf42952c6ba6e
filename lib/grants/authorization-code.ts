/**
 * `grant_type=authorization_code` (RFC 6749 §4.1.3).
 *
 * The code and its PKCE verifier determine the id of the token family. Creating the family is the one
 * atomic step: if it exists already, the code is replayed. Everything else that can fail, such as signing,
 * happens before it.
 *
 * @module
 */

import { findAccessRefusal } from '../clients/client-access.ts'
import { scopesOf } from '../consent/consent.ts'
import { StorageError } from '../errors.ts'
import type { Redemption } from '../interaction/request-endings.ts'
import { rememberFamilyUntil } from '../lifetimes.ts'
import { findUserClaims } from '../openid-connect/find-user-claims.ts'
import { intersect } from '../scopes/scope.ts'
import { deadlineAfter } from '../storage/deadline.ts'
import type { TokenFamily } from '../storage/token-family-store.ts'
import {
  type AuthorizationCodeRecord,
  authorizationCodes,
  checkRedemption,
} from '../tokens/authorization-code.ts'
import { createRefreshToken, familyIdOf, familySecretOf } from '../tokens/refresh-token.ts'
import type { User } from '../users/user.ts'
import { sha256 } from '../util/sha256.ts'
import {
  type GrantDependencies,
  type GrantHandler,
  grantedResources,
  type IssuedTokens,
  requestedResources,
  requireRegistered,
  requireTarget,
  requireUser,
  respondWithTokens,
  type TokenRequest,
} from './grant-handler.ts'
import { TokenRequestError } from './token-request-error.ts'

/** Redeems an authorization code. */
export const authorizationCodeGrant: GrantHandler = {
  clientTypes: ['CONFIDENTIAL', 'PUBLIC'],
  handle: redeem,
}

async function redeem(
  dependencies: GrantDependencies,
  request: TokenRequest,
): Promise<IssuedTokens> {
  const { client, parameters } = request
  const { storage, accessTokens } = dependencies
  const presentedCode = parameters.get('code')
  if (presentedCode === undefined) throw new TokenRequestError('parameter-missing')
  const codeVerifier = parameters.get('code_verifier') ?? ''
  const now = dependencies.now()

  const found = await authorizationCodes.findTimed(storage.artifacts, sha256(presentedCode), now)
  if (found === undefined) throw new TokenRequestError('code-unknown')
  const deadlineMilliseconds = deadlineAfter(found, dependencies.storageTimeoutMilliseconds)
  const code = found.data
  const problem = checkRedemption(code, {
    clientId: client.clientId,
    redirectUri: parameters.get('redirect_uri'),
    codeVerifier,
  })
  if (problem !== undefined) throw new TokenRequestError(problem, { userId: code.userId })
  const granted = grantedResources(dependencies, code.resources)
  const candidates = requestedResources(request, granted)

  const { userId, consentId } = code
  const [user, consentedScopes] = await Promise.all([
    requireUser(dependencies, request, code),
    requireConsent(dependencies, code),
  ])
  const { tenantId } = user
  const refusal = await findAccessRefusal(dependencies.authorizeClient, client, user)
  if (refusal !== undefined) throw new TokenRequestError(refusal, { userId, tenantId })
  const familySecret = familySecretOf(presentedCode, codeVerifier)
  const familyId = familyIdOf(consentId, familySecret)
  const subject = { userId, tenantId, familyId }
  const permitted = intersect(client.scopes, consentedScopes)
  const target = requireTarget(candidates, intersect(code.scopes, permitted), subject)

  const refreshToken = client.allowedGrantTypes.includes('refresh_token')
    ? createRefreshToken(consentId, familySecret)
    : undefined
  const ttlSeconds = client.accessTokenTtlSeconds
  const issueIdToken = await prepareIdToken(dependencies, request, code, user, target.scopes)
  const [{ body, accessTokenExpiresAt }] = await Promise.all([
    respondWithTokens(
      accessTokens,
      { clientId: client.clientId, ...subject, ...target, ttlSeconds },
      refreshToken,
      issueIdToken,
    ),
    requireRegistered(dependencies, client),
  ])
  // Last, because the redemption blocks every other code of this request until it expires.
  await requireOpenRequest(dependencies, code, { ...subject, consentId, clientId: client.clientId })

  const current =
    refreshToken === undefined
      ? undefined
      : {
          hash: sha256(refreshToken),
          issuedAt: now,
          expiresAt: now + client.refreshTokenTtlSeconds,
        }
  const family: TokenFamily = {
    ...subject,
    consentId,
    clientId: client.clientId,
    scopes: code.scopes,
    resources: code.resources,
    createdAt: now,
    ...(current === undefined ? {} : { refreshToken: current }),
    accessTokensExpireAt: accessTokenExpiresAt,
    expiresAt: Math.max(
      current?.expiresAt ?? now,
      accessTokenExpiresAt,
      // Until then the same code may be presented again.
      rememberFamilyUntil(now),
    ),
  }
  await createFamily(dependencies, family, deadlineMilliseconds())
  return { body, isReplay: false, subject }
}

/** Finds the scopes that the consent of a code still has. Rejects the code if the consent was deleted. */
async function requireConsent(
  { storage }: GrantDependencies,
  { userId, clientId, consentId, tenantId }: AuthorizationCodeRecord,
): Promise<ReadonlyArray<string>> {
  const consent = await storage.consents.find(userId, clientId)
  if (consent?.consentId === consentId) return scopesOf(consent)
  throw new TokenRequestError('consent-revoked', { userId, tenantId })
}

/**
 * Prepares the ID token of a request with the scope `openid`: finds the claims about the user.
 *
 * @returns What issues it for an access token; `undefined` when there is none.
 */
async function prepareIdToken(
  { openIdConnect, idTokens }: GrantDependencies,
  { client }: TokenRequest,
  { authTime, nonce }: AuthorizationCodeRecord,
  user: User,
  scopes: ReadonlyArray<string>,
): Promise<((accessToken: string) => Promise<string>) | undefined> {
  if (openIdConnect === undefined || !scopes.includes('openid')) return undefined
  const { clientId } = client
  const request = { client, scopes, destination: 'id-token' } as const
  const userClaims = await findUserClaims(openIdConnect, user, request)
  return (accessToken) => idTokens.issue({ clientId, accessToken, authTime, nonce, userClaims })
}

/** Rejects the code if the user denied the request after allowing it, or another code of it was redeemed. */
async function requireOpenRequest(
  { endings }: GrantDependencies,
  { pendingRequestKey }: AuthorizationCodeRecord,
  redemption: Redemption,
): Promise<void> {
  if (pendingRequestKey === null) return
  if (await endings.redeem(pendingRequestKey, redemption)) return
  const { userId, tenantId, familyId } = redemption
  throw new TokenRequestError('request-ended', { userId, tenantId, familyId })
}

async function createFamily(
  { storage, revoker }: GrantDependencies,
  family: TokenFamily,
  deadlineMilliseconds: number,
): Promise<void> {
  const { familyId, userId, tenantId, createdAt } = family
  const subject = { userId, tenantId, familyId }
  switch (await storage.families.create(family, createdAt, deadlineMilliseconds)) {
    case 'created':
      return
    case 'consent-not-found':
      throw new TokenRequestError('consent-revoked', subject)
    case 'taken':
      // OAuth 2.1 §4.1.3: reuse of a code revokes the tokens issued for it.
      await revoker.revokeFamily(family)
      throw new TokenRequestError('code-replayed', subject)
    case 'late':
      throw new StorageError('the code exchange reached the store after its deadline', {
        operation: 'families.create()',
      })
  }
}
