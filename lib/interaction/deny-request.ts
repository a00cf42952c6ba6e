/**
 * Denying a pending request. It is final, whatever another tab did meanwhile: its codes become invalid. The tokens
 * issued for one of them are revoked, whoever got them: the client hears that access was denied. So is what the denying
 * user, or the user of these tokens, granted with the request. What others granted with it stays: an attacker may have
 * planted the request in their browser.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import { endConsent } from '../connections/connections.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ConsentStore } from '../storage/consent-store.ts'
import type { PendingRequest } from './pending-request.ts'
import { type Denial, type RequestEndings, requestKeyOf } from './request-endings.ts'

/** Dependencies of denying requests. */
export interface DenialDependencies {
  readonly endings: Pick<RequestEndings, 'deny' | 'hasDenied' | 'findRedemption'>
  readonly consents: Pick<ConsentStore, 'withdraw'>
  readonly revoker: Pick<Revoker, 'revokeConsent' | 'preventFamily'>
  readonly audit: AuditLog
  readonly now: () => number
}

/** The members of a pending request that a denial needs. */
export type DeniableRequest = Pick<PendingRequest, 'pendingRequestToken' | 'clientId'>

/** Denies a pending request. Safe to repeat. */
export async function denyRequest(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  denial: Denial,
  ip: string,
): Promise<void> {
  await dependencies.endings.deny(requestKeyOf(request.pendingRequestToken), denial)
  await revertRequest(dependencies, request, [denial.userId ?? undefined], ip)
}

/**
 * Finishes the denials of a request that may have failed half-way. Call it before the client hears of the denial. Safe
 * to repeat.
 *
 * @param deniedBy The user who denied it first, if any.
 * @param currentUserId The user of this browser, who may have denied it since.
 */
export async function finishDenial(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  deniedBy: string | undefined,
  currentUserId: string | undefined,
  ip: string,
): Promise<void> {
  const { endings } = dependencies
  const requestKey = requestKeyOf(request.pendingRequestToken)
  const isDeniedByBoth =
    currentUserId !== undefined &&
    currentUserId !== deniedBy &&
    (await endings.hasDenied(requestKey, currentUserId))
  const users = isDeniedByBoth ? [deniedBy, currentUserId] : [deniedBy]
  await revertRequest(dependencies, request, users, ip)
}

/** Revokes the tokens of a request, and withdraws what their user and these users granted with it. */
async function revertRequest(
  dependencies: DenialDependencies,
  request: DeniableRequest,
  users: ReadonlyArray<string | undefined>,
  ip: string,
): Promise<void> {
  const tokensOf = await revokeFamily(dependencies, request, ip)
  for (const userId of new Set([...users, tokensOf])) {
    if (userId !== undefined) await withdrawGrant(dependencies, request, userId, ip)
  }
}

/** Revokes the family of a code that was redeemed. @returns The user of the code; `undefined` if none was redeemed. */
async function revokeFamily(
  { endings, revoker, audit }: DenialDependencies,
  { pendingRequestToken, clientId }: DeniableRequest,
  ip: string,
): Promise<string | undefined> {
  const redemption = await endings.findRedemption(requestKeyOf(pendingRequestToken))
  if (redemption === undefined) return undefined
  const { userId, tenantId, familyId } = redemption
  if (await revoker.preventFamily(redemption)) {
    audit.record({ type: 'authorization.revoked', clientId, userId, tenantId, familyId }, ip)
  }
  return userId
}

/** Withdraws the scopes that a user granted with the request, and deletes the consent if no other scope is left. */
export async function withdrawGrant(
  dependencies: Pick<DenialDependencies, 'audit' | 'consents' | 'now'> & {
    readonly revoker: Pick<Revoker, 'revokeConsent'>
  },
  { pendingRequestToken, clientId }: Pick<DeniableRequest, 'pendingRequestToken' | 'clientId'>,
  userId: string,
  ip: string,
): Promise<void> {
  const { consents, now } = dependencies
  const requestKey = requestKeyOf(pendingRequestToken)
  const consent = await consents.withdraw({ userId, clientId, requestKey }, now())
  if (consent?.scopes.length === 0)
    await endConsent(dependencies, consent, 'denied-by-user', { ip })
}
