/**
 * Granting the scopes of a pending request.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import type { EndFormerConnection } from '../connections/connections.ts'
import { createConsentId } from '../consent/consent.ts'
import { StorageError } from '../errors.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ConsentStore } from '../storage/consent-store.ts'
import { deadlineAfter } from '../storage/deadline.ts'
import type { NotBefore } from '../users/not-before.ts'
import type { User } from '../users/user.ts'
import { deleteEmptyConsent } from './deny-request.ts'
import type { PendingRequest } from './pending-request.ts'
import { requestKeyOf } from './request-endings.ts'

/** Dependencies of granting. */
export interface ConsentGrantDependencies {
  readonly consents: Pick<ConsentStore, 'find' | 'findTimed' | 'grant'>
  readonly storageTimeoutMilliseconds: number
  readonly revoker: Pick<Revoker, 'revokeConsent'>
  readonly endFormerConnection: EndFormerConnection
  readonly audit: AuditLog
  /** Whether a user was signed out everywhere at or after an instant. */
  readonly wasSignedOutSince: NotBefore['wasSignedOutSince']
  readonly now: () => number
}

/**
 * Grants the scopes of a pending request. Afterwards, call `withdrawGrantIfDenied`.
 *
 * @param signedInAt When the user signed in.
 *
 * @returns `false` when the user denied the request or was signed out everywhere meanwhile. A sign-out deletes all
 *   consents, and this one may have been saved after it, so it is revoked.
 *
 * @throws {@link StorageError} when the store got to it too late. The user may try again, or have denied since.
 */
export async function grantConsent(
  dependencies: ConsentGrantDependencies,
  {
    pendingRequestToken,
    clientId,
    scopes,
  }: Pick<PendingRequest, 'pendingRequestToken' | 'clientId' | 'scopes'>,
  { userId, tenantId }: Pick<User, 'userId' | 'tenantId'>,
  signedInAt: number,
  ip: string,
): Promise<boolean> {
  const { consents, revoker, endFormerConnection, wasSignedOutSince, now } = dependencies
  const subject = { userId, clientId }
  const found = await consents.findTimed(userId, clientId)
  const deadlineMilliseconds = deadlineAfter(found, dependencies.storageTimeoutMilliseconds)
  const { consent: before } = found
  // The store replaces both anyway; this revokes their tokens and records an audit event.
  if (before !== undefined && before.tenantId !== tenantId) {
    await endFormerConnection(before, { ip })
  } else if (before?.scopes.length === 0) {
    await deleteEmptyConsent(dependencies, before, ip)
  }
  const outcome = await consents.grant({
    ...subject,
    consentId: createConsentId(),
    tenantId,
    scopes,
    requestKey: requestKeyOf(pendingRequestToken),
    grantedAt: now(),
    deadlineMilliseconds: deadlineMilliseconds(),
  })
  if (outcome === 'late')
    throw new StorageError('the grant reached the store after its deadline', {
      operation: 'consents.grant()',
    })
  if (outcome === 'withdrawn') return false
  if (!(await wasSignedOutSince(userId, signedInAt))) return true
  const consent = await consents.find(userId, clientId)
  if (consent !== undefined) await revoker.revokeConsent(consent)
  return false
}
