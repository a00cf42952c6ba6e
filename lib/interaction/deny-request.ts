/**
 * Denying a pending request. It is final, whatever another tab did meanwhile: its codes become invalid. What
 * the denying user got from it is revoked: the tokens issued for a code, and the scopes that were granted for
 * the first time. Another user's stay: an attacker may have planted the request in another user's browser.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import { scopesOf } from '../consent/consent.ts'
import type { Revoker } from '../revocation/revoker.ts'
import { isSubset } from '../scopes/scope.ts'
import type { ConsentStore } from '../storage/consent-store.ts'
import type { PendingRequest } from './pending-request.ts'
import {
  type Denial,
  grantsOf,
  type PastGrant,
  type RequestEndings,
  requestKeyOf,
} from './request-endings.ts'

/** Dependencies of denying requests. */
export interface DenialDependencies {
  readonly endings: Pick<RequestEndings, 'deny' | 'findDenial' | 'findRedemption' | 'findLastGrant'>
  readonly consents: Pick<ConsentStore, 'find' | 'removeScopes'>
  readonly revoker: Pick<Revoker, 'revokeConsent' | 'preventFamily'>
  readonly audit: AuditLog
}

/** The members of a pending request that a denial needs. */
export type DeniableRequest = Pick<PendingRequest, 'pendingRequestToken' | 'clientId' | 'isDenied'>

/** Denies a pending request. Safe to repeat. */
export async function denyRequest(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  denial: Denial,
  ip: string,
): Promise<void> {
  const { endings } = dependencies
  const requestKey = requestKeyOf(request.pendingRequestToken)
  const { userId } = denial
  // The first denial counts: it says who denied.
  if (!request.isDenied) await endings.deny(requestKey, denial)
  if (userId === null) return
  await revokeFamily(dependencies, request, userId, ip)
  await revertGrant(dependencies, request, userId, ip)
}

/** Reverts a grant if its request was denied meanwhile. Call it after granting: the denial may have missed it. */
export async function revertGrantIfDenied(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  userId: string,
  ip: string,
): Promise<void> {
  const denial = await dependencies.endings.findDenial(requestKeyOf(request.pendingRequestToken))
  if (denial !== undefined) await revertGrant(dependencies, request, userId, ip)
}

async function revokeFamily(
  { endings, revoker, audit }: DenialDependencies,
  { pendingRequestToken, clientId, isDenied }: DeniableRequest,
  userId: string,
  ip: string,
): Promise<void> {
  const redemption = await endings.findRedemption(requestKeyOf(pendingRequestToken))
  if (redemption?.userId !== userId) return
  await revoker.preventFamily(redemption)
  if (isDenied) return // recorded before
  const { tenantId, familyId } = redemption
  audit.record({ type: 'authorization.revoked', clientId, userId, tenantId, familyId }, ip)
}

/**
 * Removes the scopes that a user granted with the request, unless another request granted scopes since that the
 * user has not denied, too. Deletes the consent if no other scope is left.
 */
async function revertGrant(
  { endings, consents, revoker, audit }: DenialDependencies,
  { pendingRequestToken, clientId }: DeniableRequest,
  userId: string,
  ip: string,
): Promise<void> {
  const last = await endings.findLastGrant({ userId, clientId })
  if (last === undefined) return
  const requestKey = requestKeyOf(pendingRequestToken)
  const isDenied = async (key: string): Promise<boolean> =>
    key === requestKey || (await endings.findDenial(key))?.userId === userId
  const denied: Array<PastGrant> = []
  for (const grant of grantsOf(last)) {
    if (!(await isDenied(grant.requestKey))) break
    denied.push(grant)
  }
  if (!denied.some((grant) => grant.requestKey === requestKey)) return
  const consent = await consents.find(userId, clientId)
  if (consent === undefined) return
  const { consentId, tenantId } = consent
  const granted = denied.flatMap(({ scopes }) => scopes)
  const start = denied.at(-1)?.before
  const before = consentId === start?.consentId ? start.scopes : []
  const newScopes = [...new Set(granted)].filter((scope) => !before.includes(scope))
  if (newScopes.length === 0) return
  if (!isSubset(scopesOf(consent), newScopes)) {
    await consents.removeScopes(consent, newScopes)
  } else if (await revoker.revokeConsent(consent)) {
    const reason = 'denied-by-user'
    audit.record({ type: 'connection.revoked', clientId, userId, tenantId, reason }, ip)
  }
}
