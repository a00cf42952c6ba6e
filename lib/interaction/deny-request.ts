/**
 * Denying a pending request. It is final, whatever another tab did meanwhile: its codes become invalid, the
 * tokens issued for them are revoked, and the scopes granted with it are removed from the consent.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import { scopesOf } from '../consent/consent.ts'
import type { Revoker } from '../revocation/revoker.ts'
import { isSubset } from '../scopes/scope.ts'
import type { Consent, ConsentStore } from '../storage/consent-store.ts'
import type { GivenConsent, PendingRequest, PendingRequests } from './pending-request.ts'
import type { Redemption } from './request-endings.ts'

/** Dependencies of denying requests. */
export interface DenialDependencies {
  readonly pendingRequests: Pick<PendingRequests, 'deny'>
  readonly consents: Pick<ConsentStore, 'find' | 'removeScopes'>
  readonly revoker: Pick<Revoker, 'revokeConsent' | 'preventFamily'>
  readonly audit: AuditLog
}

/**
 * Denies a pending request. Safe to repeat.
 *
 * @param reason For the client and the audit event.
 */
export async function denyRequest(
  dependencies: DenialDependencies,
  request: PendingRequest,
  reason: string,
  ip: string,
): Promise<void> {
  const { consents, redemption } = await dependencies.pendingRequests.deny(request, reason)
  if (redemption !== undefined) await revokeFamily(dependencies, request, redemption, ip)
  for (const given of Map.groupBy(consents, ({ consentId }) => consentId).values()) {
    await removeGrantedScopes(dependencies, given, ip)
  }
}

async function revokeFamily(
  { revoker, audit }: DenialDependencies,
  { clientId, isDenied }: PendingRequest,
  redemption: Redemption,
  ip: string,
): Promise<void> {
  await revoker.preventFamily({ ...redemption, clientId })
  if (isDenied) return // recorded before
  const { userId, tenantId, familyId } = redemption
  audit.record({ type: 'authorization.revoked', clientId, userId, tenantId, familyId }, ip)
}

/** Removes the scopes granted with the request; deletes the consent if no other scope is left. */
async function removeGrantedScopes(
  { consents, revoker, audit }: DenialDependencies,
  given: ReadonlyArray<GivenConsent>,
  ip: string,
): Promise<void> {
  const [first] = given
  const consent = first && (await consents.find(first.userId, first.clientId))
  if (consent === undefined || !isUnchanged(consent, given)) return
  const newScopes = given.flatMap((each) => each.newScopes)
  const { userId, clientId, tenantId } = consent
  if (!isSubset(scopesOf(consent), newScopes)) {
    await consents.removeScopes(consent, newScopes)
  } else if (newScopes.length > 0 && (await revoker.revokeConsent(consent))) {
    const reason = 'denied-by-user'
    audit.record({ type: 'connection.revoked', clientId, userId, tenantId, reason }, ip)
  }
}

/** Whether nothing was granted to the consent since. */
function isUnchanged(consent: Consent, given: ReadonlyArray<GivenConsent>): boolean {
  const grantedAt = Math.max(...given.map((each) => each.grantedAt))
  return consent.consentId === given[0]?.consentId && consent.grantedAt === grantedAt
}
