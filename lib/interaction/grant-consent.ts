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
import type { Consent, ConsentStore, GrantOutcome } from '../storage/consent-store.ts'
import { deadlineAfter } from '../storage/deadline.ts'
import { namedNotBefore, signsOut } from '../users/not-before.ts'
import type { User } from '../users/user.ts'
import { sha256 } from '../util/sha256.ts'
import { withdrawGrant } from './deny-request.ts'
import type { PendingRequest } from './pending-request.ts'
import { denials, requestKeyOf } from './request-endings.ts'

/** Dependencies of granting. */
export interface ConsentGrantDependencies {
  readonly artifacts: Pick<ArtifactStore, 'findAll'>
  readonly consents: Pick<ConsentStore, 'findTimed' | 'grant' | 'withdraw'>
  readonly storageTimeoutMilliseconds: number
  readonly revoker: Pick<Revoker, 'revokeConsent'>
  readonly endFormerConnection: EndFormerConnection
  readonly audit: AuditLog
  readonly now: () => number
}

/** The consent that a user gave before, and what a grant needs of the moment when it was found. */
export interface EarlierConsent {
  /** In whichever tenant. */
  readonly consent: Consent | undefined
  /** The last cancellation of the user's grants: another one since cancels this grant. */
  readonly cancellation: string
  /** The deadline of a grant, if the store is called now. */
  readonly deadlineMilliseconds: () => number
}

/** Finds the consent that a user gave before. */
export async function findEarlierConsent(
  {
    consents,
    storageTimeoutMilliseconds,
  }: {
    readonly consents: Pick<ConsentStore, 'findTimed'>
    readonly storageTimeoutMilliseconds: number
  },
  userId: string,
  clientId: string,
): Promise<EarlierConsent> {
  const found = await consents.findTimed(userId, clientId)
  const { consent, cancellation } = found
  const deadlineMilliseconds = deadlineAfter(found, storageTimeoutMilliseconds)
  return { consent, cancellation, deadlineMilliseconds }
}

/** How often a grant is tried while others give and end the same consent. */
const MAXIMUM_ATTEMPTS = 5

/**
 * Grants the scopes of a pending request.
 *
 * The request may have been denied meanwhile, and whoever denied it not have been known to be this user: then the grant
 * is withdrawn.
 *
 * @param earlier Found for this request.
 * @param signedInAt When the user signed in.
 *
 * @returns `false` when nothing was granted, because the user denied the request, disconnected a client or was signed out
 *   everywhere meanwhile. Whoever disconnects or signs out cancels grants in progress, and deletes those before.
 *
 * @throws {@link StorageError} when the store got to it too late. The user may try again, or have denied since.
 */
export async function grantConsent(
  dependencies: ConsentGrantDependencies,
  request: Pick<PendingRequest, 'pendingRequestToken' | 'clientId' | 'scopes'>,
  user: Pick<User, 'userId' | 'tenantId'>,
  earlier: EarlierConsent,
  signedInAt: number,
  ip: string,
): Promise<boolean> {
  const { artifacts, audit, now } = dependencies
  const { clientId, scopes } = request
  const { userId, tenantId } = user
  let outcome = await tryGrant(dependencies, request, user, earlier, signedInAt, ip)
  for (let attempt = 1; outcome === 'obsolete' && attempt < MAXIMUM_ATTEMPTS; attempt += 1) {
    const found = await findEarlierConsent(dependencies, userId, clientId)
    // With the first cancellation: the user may have disconnected since.
    const again = { ...found, cancellation: earlier.cancellation }
    outcome = await tryGrant(dependencies, request, user, again, signedInAt, ip)
  }
  switch (outcome) {
    case 'late':
      throw failure('the grant reached the store after its deadline')
    case 'obsolete':
      throw failure('others changed the consent all the time')
    case 'cancelled':
    case 'withdrawn':
      return false
    case 'granted':
      break
  }
  audit.record({ type: 'consent.granted', clientId, userId, tenantId, scopes }, ip)
  // After the grant: of two sides at once, at least one sees the other.
  const wanted = { denial: denials.named(requestKeyOf(request.pendingRequestToken)) }
  const { denial } = await findTogether(artifacts, wanted, now())
  if (denial !== undefined) await withdrawGrant(dependencies, request, userId, ip)
  return true
}

async function tryGrant(
  dependencies: ConsentGrantDependencies,
  { pendingRequestToken, clientId, scopes }: Parameters<typeof grantConsent>[1],
  { userId, tenantId }: Parameters<typeof grantConsent>[2],
  { consent: before, cancellation, deadlineMilliseconds }: EarlierConsent,
  signedInAt: number,
  ip: string,
): Promise<GrantOutcome> {
  const { artifacts, consents, endFormerConnection, now } = dependencies
  // After the cancellation was read: a sign-out that begins later cancels the grant.
  const wanted = { notBefore: namedNotBefore(sha256(userId)) }
  const { notBefore } = await findTogether(artifacts, wanted, now())
  if (signsOut(notBefore, signedInAt)) return 'cancelled'
  if (before !== undefined && before.tenantId !== tenantId) {
    await endFormerConnection(before, { ip })
  } else if (before?.scopes.length === 0) {
    await endConsent(dependencies, before, 'denied-by-user', { ip })
  }
  return await consents.grant({
    userId,
    clientId,
    consentId: createConsentId(),
    tenantId,
    scopes,
    requestKey: requestKeyOf(pendingRequestToken),
    grantedAt: now(),
    deadlineMilliseconds: deadlineMilliseconds(),
    cancellation,
  })
}

function failure(message: string): StorageError {
  return new StorageError(message, { operation: 'consents.grant()' })
}
