/**
 * Denying a pending request. It is final, whatever another tab did meanwhile: its codes become invalid. What
 * the denying user got from it is revoked: the tokens issued for a code, and the scopes that were granted for
 * the first time. Another user's stay: an attacker may have planted the request in another user's browser.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { Consent, ConsentStore } from '../storage/consent-store.ts'
import type { PendingRequest } from './pending-request.ts'
import { type Denial, type RequestEndings, requestKeyOf } from './request-endings.ts'

/** Dependencies of denying requests. */
export interface DenialDependencies {
  readonly endings: Pick<RequestEndings, 'deny' | 'findDenial' | 'findRedemption'>
  readonly consents: Pick<ConsentStore, 'withdraw'>
  readonly revoker: Pick<Revoker, 'revokeConsent' | 'preventFamily'>
  readonly audit: AuditLog
  readonly now: () => number
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
  // The first denial counts: it says who denied.
  if (!request.isDenied) await endings.deny(requestKey, denial)
  await revertRequest(dependencies, request, denial.userId, ip)
}

/** Finishes a denial that may have failed half-way: reverts what the user who denied got. Safe to repeat. */
export async function finishDenial(
  dependencies: DenialDependencies,
  request: DeniableRequest & Pick<PendingRequest, 'deniedBy'>,
  ip: string,
): Promise<void> {
  await revertRequest(dependencies, request, request.deniedBy ?? null, ip)
}

/** Reverts what a user got from a request: its tokens, and the scopes that were granted for it. */
async function revertRequest(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  userId: string | null,
  ip: string,
): Promise<void> {
  if (userId === null) return
  await revokeFamily(dependencies, request, userId, ip)
  await withdrawGrant(dependencies, request, userId, ip)
}

/**
 * Withdraws a grant if its request was denied meanwhile. Call it after granting: whoever denied it may not have been
 * known to be this user.
 */
export async function withdrawGrantIfDenied(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  userId: string,
  ip: string,
): Promise<void> {
  const denial = await dependencies.endings.findDenial(requestKeyOf(request.pendingRequestToken))
  if (denial !== undefined) await withdrawGrant(dependencies, request, userId, ip)
}

async function revokeFamily(
  { endings, revoker, audit }: DenialDependencies,
  { pendingRequestToken, clientId }: DeniableRequest,
  userId: string,
  ip: string,
): Promise<void> {
  const redemption = await endings.findRedemption(requestKeyOf(pendingRequestToken))
  if (redemption?.userId !== userId) return
  if (!(await revoker.preventFamily(redemption))) return
  const { tenantId, familyId } = redemption
  audit.record({ type: 'authorization.revoked', clientId, userId, tenantId, familyId }, ip)
}

/** Withdraws the scopes that a user granted with the request, and deletes the consent if no other scope is left. */
async function withdrawGrant(
  dependencies: DenialDependencies,
  { pendingRequestToken, clientId }: DeniableRequest,
  userId: string,
  ip: string,
): Promise<void> {
  const { consents, now } = dependencies
  const requestKey = requestKeyOf(pendingRequestToken)
  const consent = await consents.withdraw({ userId, clientId, requestKey }, now())
  if (consent?.scopes.length === 0) await deleteEmptyConsent(dependencies, consent, ip)
}

/** Deletes a consent of which a denial has left no scope. Nothing is granted under it any more. */
export async function deleteEmptyConsent(
  {
    revoker,
    audit,
  }: { readonly revoker: Pick<Revoker, 'revokeConsent'>; readonly audit: AuditLog },
  consent: Consent,
  ip: string,
): Promise<void> {
  if (!(await revoker.revokeConsent(consent))) return
  const { clientId, userId, tenantId } = consent
  const reason = 'denied-by-user'
  audit.record({ type: 'connection.revoked', clientId, userId, tenantId, reason }, ip)
}
