/**
 * Granting the scopes of a pending request.
 *
 * @module
 */

import type { EndFormerConnection } from '../connections/connections.ts'
import { createConsentId } from '../consent/consent.ts'
import { StorageError } from '../errors.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ConsentStore } from '../storage/consent-store.ts'
import { deadlineAfter } from '../storage/deadline.ts'
import type { NotBefore } from '../users/not-before.ts'
import type { User } from '../users/user.ts'
import type { PendingRequest } from './pending-request.ts'
import { type RequestEndings, requestKeyOf } from './request-endings.ts'

/** Dependencies of granting. */
export interface ConsentGrantDependencies {
  readonly consents: Pick<ConsentStore, 'find' | 'findTimed' | 'grant'>
  readonly storageTimeoutMilliseconds: number
  readonly endings: Pick<RequestEndings, 'recordGrant'>
  readonly revoker: Pick<Revoker, 'revokeConsent'>
  readonly endFormerConnection: EndFormerConnection
  /** Whether a user was signed out everywhere at or after an instant. */
  readonly wasSignedOutSince: NotBefore['wasSignedOutSince']
  readonly now: () => number
}

/**
 * Grants the scopes of a pending request. Afterwards, call `revertGrantIfDenied`.
 *
 * @param signedInAt When the user signed in.
 *
 * @returns `false` when the user was signed out everywhere meanwhile. That deletes all consents, and this one
 *   may have been saved after it, so it is revoked.
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
  const { consents, endings, revoker, endFormerConnection, wasSignedOutSince, now } = dependencies
  const subject = { userId, clientId }
  const found = await consents.findTimed(userId, clientId)
  const deadlineMilliseconds = deadlineAfter(found, dependencies.storageTimeoutMilliseconds)
  const { consent: before } = found
  // The store replaces it anyway; this revokes its tokens and records an audit event.
  if (before !== undefined && before.tenantId !== tenantId)
    await endFormerConnection(before, { ip })
  await endings.recordGrant(requestKeyOf(pendingRequestToken), subject, scopes, before)
  const outcome = await consents.grant({
    ...subject,
    consentId: createConsentId(),
    tenantId,
    scopes,
    grantedAt: now(),
    deadlineMilliseconds: deadlineMilliseconds(),
  })
  if (outcome === 'late')
    throw new StorageError('the grant reached the store after its deadline', {
      operation: 'consents.grant()',
    })
  if (!(await wasSignedOutSince(userId, signedInAt))) return true
  const consent = await consents.find(userId, clientId)
  if (consent !== undefined) await revoker.revokeConsent(consent)
  return false
}
