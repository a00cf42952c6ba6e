/**
 * Denying a pending request. It is final, whatever another tab did meanwhile: no code of the request is
 * good any more, tokens that were issued for one are revoked, and the consent that was given on the way is
 * taken back.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import { type Consent, scopesOf } from '../consent/consent.ts'
import type { Revoker } from '../revocation/revoker.ts'
import { isSubset } from '../scopes/scope.ts'
import type { ConsentStore } from '../storage/storage.ts'
import type { GivenConsent, PendingRequest, PendingRequests } from './pending-request.ts'
import type { Redemption } from './request-endings.ts'

/** Dependencies of denying. */
export interface DenialDependencies {
  readonly pendingRequests: Pick<PendingRequests, 'deny'>
  readonly consents: Pick<ConsentStore, 'find' | 'removeScopes'>
  readonly revoker: Pick<Revoker, 'revokeConsent' | 'preventFamily'>
  readonly audit: AuditLog
}

/**
 * Denies a pending request. It may be done again.
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
    await refund(dependencies, given, ip)
  }
}

async function revokeFamily(
  { revoker, audit }: DenialDependencies,
  { clientId, isDenied }: PendingRequest,
  redemption: Redemption,
  ip: string,
): Promise<void> {
  await revoker.preventFamily({ ...redemption, clientId })
  if (isDenied) return // the second time
  const { userId, tenantId, familyId } = redemption
  audit.record({ type: 'authorization.withdrawn', clientId, userId, tenantId, familyId }, ip)
}

/** Takes back what one consent was given; all of it is gone when nothing else was. */
async function refund(
  { consents, revoker, audit }: DenialDependencies,
  given: ReadonlyArray<GivenConsent>,
  ip: string,
): Promise<void> {
  const [first] = given
  const consent = first && (await consents.find(first.userId, first.clientId))
  if (consent === undefined || !isAsGiven(consent, given)) return
  const newScopes = given.flatMap((each) => each.newScopes)
  const { userId, clientId, tenantId } = consent
  if (!isSubset(scopesOf(consent), newScopes)) {
    await consents.removeScopes(consent, newScopes)
  } else if (newScopes.length > 0 && (await revoker.revokeConsent(consent))) {
    const reason = 'denied-by-user'
    audit.record({ type: 'connection.revoked', clientId, userId, tenantId, reason }, ip)
  }
}

/** Whether nobody has granted anything there since: that would be a consent of its own. */
function isAsGiven(consent: Consent, given: ReadonlyArray<GivenConsent>): boolean {
  const grantedAt = Math.max(...given.map((each) => each.grantedAt))
  return consent.consentId === given[0]?.consentId && consent.grantedAt === grantedAt
}
