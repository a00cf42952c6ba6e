/**
 * Granting the scopes of a pending request.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import { type EndFormerConnection, endConsent } from '../connections/connections.ts'
import { createConsentId } from '../consent/consent.ts'
import { StorageError } from '../errors.ts'
import type { Revoker } from '../revocation/revoker.ts'
import { findTogether } from '../storage/artifact-reader.ts'
import type { ArtifactStore } from '../storage/artifact-store.ts'
import type { Consent, ConsentStore } from '../storage/consent-store.ts'
import { namedNotBefore, signsOut } from '../users/not-before.ts'
import type { User } from '../users/user.ts'
import { sha256 } from '../util/sha256.ts'
import { withdrawGrant } from './deny-request.ts'
import type { PendingRequest } from './pending-request.ts'
import { denials, requestKeyOf } from './request-endings.ts'

/** Dependencies of granting. */
export interface ConsentGrantDependencies {
  readonly artifacts: Pick<ArtifactStore, 'findAll'>
  readonly consents: Pick<ConsentStore, 'find' | 'grant' | 'withdraw'>
  readonly revoker: Pick<Revoker, 'revokeConsent'>
  readonly endFormerConnection: EndFormerConnection
  readonly audit: AuditLog
  readonly now: () => number
}

/** The consent that a user gave before. */
export interface EarlierConsent {
  /** In whichever tenant. */
  readonly consent: Consent | undefined
  /** The deadline of a grant, if the store is called now. */
  readonly deadlineMilliseconds: () => number
}

/**
 * Grants the scopes of a pending request.
 *
 * The request may have been denied meanwhile, and whoever denied it not have been known to be this user: then the grant
 * is withdrawn.
 *
 * @param earlier Found for this request.
 * @param signedInAt When the user signed in.
 *
 * @returns `false` when the user denied the request or was signed out everywhere meanwhile. A sign-out deletes all
 *   consents, and this one may have been saved after it, so it is revoked.
 *
 * @throws {@link StorageError} when the store got to it too late. The user may try again, or have denied since.
 */
export async function grantConsent(
  dependencies: ConsentGrantDependencies,
  request: Pick<PendingRequest, 'pendingRequestToken' | 'clientId' | 'scopes'>,
  { userId, tenantId }: Pick<User, 'userId' | 'tenantId'>,
  { consent: before, deadlineMilliseconds }: EarlierConsent,
  signedInAt: number,
  ip: string,
): Promise<boolean> {
  const { artifacts, consents, revoker, endFormerConnection, audit, now } = dependencies
  const { clientId, scopes } = request
  const requestKey = requestKeyOf(request.pendingRequestToken)
  // The store replaces both anyway; this revokes their tokens and records an audit event.
  if (before !== undefined && before.tenantId !== tenantId) {
    await endFormerConnection(before, { ip })
  } else if (before?.scopes.length === 0) {
    await endConsent(dependencies, before, 'denied-by-user', { ip })
  }
  const outcome = await consents.grant({
    userId,
    clientId,
    consentId: createConsentId(),
    tenantId,
    scopes,
    requestKey,
    grantedAt: now(),
    deadlineMilliseconds: deadlineMilliseconds(),
  })
  if (outcome === 'late')
    throw new StorageError('the grant reached the store after its deadline', {
      operation: 'consents.grant()',
    })
  if (outcome === 'withdrawn') return false
  // After the grant: of two sides at once, at least one sees the other.
  const wanted = { notBefore: namedNotBefore(sha256(userId)), denial: denials.named(requestKey) }
  const { notBefore, denial } = await findTogether(artifacts, wanted, now())
  if (signsOut(notBefore, signedInAt)) {
    const consent = await consents.find(userId, clientId)
    if (consent !== undefined) await revoker.revokeConsent(consent)
    return false
  }
  audit.record({ type: 'consent.granted', clientId, userId, tenantId, scopes }, ip)
  if (denial !== undefined) await withdrawGrant(dependencies, request, userId, ip)
  return true
}
