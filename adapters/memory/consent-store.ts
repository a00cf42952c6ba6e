import { randomUUID } from 'node:crypto'
import {
  type Consent,
  type ConsentStore,
  firstGrantedAt,
  type GrantingRequest,
  MAXIMUM_GRANTING_REQUESTS,
  type ScopeGrants,
  WITHDRAWAL_SECONDS,
} from '../../lib/storage/consent-store.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** A consent, with who granted each of its scopes. */
export interface StoredConsent extends Omit<Consent, 'scopes'> {
  readonly scopeGrants: ReadonlyMap<string, ScopeGrants>
}

/**
 * Creates the store of consents.
 *
 * @param consents The map that holds them, by `consentId`.
 */
export function createConsentStore(
  limits: RecordLimits,
  consents: Map<string, StoredConsent>,
): ConsentStore {
  // Of each user, the `consentId` by client.
  const consentIds = new Map<string, Map<string, string>>()
  const withdrawn = new ExpiringRecords<true>({
    ...limits,
    kind: 'withdrawn grants',
    whenFull: 'refuse',
  })

  const cancellations = new ExpiringRecords<string>({
    ...limits,
    kind: 'cancelled grants',
    // No grant is under way for longer than a moment.
    whenFull: 'drop-oldest',
  })
  const lastCancellation = (userId: string): string => cancellations.peek(userId) ?? ''

  function findStored(userId: string, clientId: string): StoredConsent | undefined {
    return consents.get(consentIds.get(userId)?.get(clientId) ?? '')
  }

  function findConsent(userId: string, clientId: string): Consent | undefined {
    const stored = findStored(userId, clientId)
    return stored && consentFrom(stored)
  }

  return {
    async grant({ scopes, requestKey, deadlineMilliseconds, cancellation, ...grant }) {
      if (Date.now() > deadlineMilliseconds) return 'late'
      const { userId, clientId, grantedAt } = grant
      if (lastCancellation(userId) !== cancellation) return 'cancelled'
      if (withdrawn.find(keyOf({ userId, clientId, requestKey }), grantedAt)) return 'withdrawn'
      const before = findStored(userId, clientId)
      if (before !== undefined && !isUsable(before, grant.tenantId)) return 'obsolete'
      const consentId = before?.consentId ?? grant.consentId
      const idsOfUser = consentIds.get(userId) ?? new Map<string, string>()
      consentIds.set(userId, idsOfUser.set(clientId, consentId))
      consents.set(consentId, {
        ...grant,
        consentId,
        scopeGrants: addScopes(before?.scopeGrants, scopes, requestKey, grantedAt),
        createdAt: before?.createdAt ?? grantedAt,
        lastUsedAt: before?.lastUsedAt,
      })
      return 'granted'
    },

    async find(userId, clientId) {
      return findConsent(userId, clientId)
    },

    async findTimed(userId, clientId) {
      return {
        consent: findConsent(userId, clientId),
        foundAtMilliseconds: Date.now(),
        cancellation: lastCancellation(userId),
      }
    },

    async list(userId) {
      const clientIds = [...(consentIds.get(userId)?.keys() ?? [])]
      const found = clientIds.flatMap((clientId) => findConsent(userId, clientId) ?? [])
      return found.sort((left, right) => right.grantedAt - left.grantedAt)
    },

    async listBatch(of, limit) {
      const found = [...consents.values()].filter((consent) =>
        'tenantId' in of ? consent.tenantId === of.tenantId : consent.clientId === of.clientId,
      )
      return found.slice(0, limit).map(consentFrom)
    },

    async withdraw(request, now) {
      const { userId, clientId, requestKey } = request
      const stored = findStored(userId, clientId)
      if (stored !== undefined) {
        const scopeGrants = [...stored.scopeGrants].flatMap(([scope, grants]) => {
          const others = removeGrant(grants, requestKey)
          return others === undefined ? [] : [[scope, others] as const]
        })
        consents.set(stored.consentId, { ...stored, scopeGrants: new Map(scopeGrants) })
      }
      // Last, as it is refused when there are too many.
      withdrawn.set(keyOf(request), true, now + WITHDRAWAL_SECONDS)
      return findConsent(userId, clientId)
    },

    async cancelGrants(userId, now) {
      cancellations.set(userId, randomUUID(), now + WITHDRAWAL_SECONDS)
    },

    async delete(userId, clientId, expectedConsentId) {
      const idsOfUser = consentIds.get(userId)
      const consentId = idsOfUser?.get(clientId)
      if (idsOfUser === undefined || consentId === undefined) return false
      if (consentId !== (expectedConsentId ?? consentId)) return false
      idsOfUser.delete(clientId)
      if (idsOfUser.size === 0) consentIds.delete(userId)
      return consents.delete(consentId)
    },
  }
}

function isUsable({ tenantId, scopeGrants }: StoredConsent, inTenantId: string): boolean {
  return tenantId === inTenantId && scopeGrants.size > 0
}

function keyOf({ userId, clientId, requestKey }: GrantingRequest): string {
  return JSON.stringify([userId, clientId, requestKey])
}

function addScopes(
  before: StoredConsent['scopeGrants'] | undefined,
  scopes: ReadonlyArray<string>,
  requestKey: string,
  grantedAt: number,
): StoredConsent['scopeGrants'] {
  const added = new Map(before)
  for (const scope of scopes) {
    added.set(scope, addGrant(added.get(scope) ?? {}, requestKey, grantedAt))
  }
  return added
}

function addGrant(grants: ScopeGrants, requestKey: string, grantedAt: number): ScopeGrants {
  if (typeof grants === 'number') return grants
  const all = Object.entries(grants)
  const isLasting = all.some(([, at]) => at + WITHDRAWAL_SECONDS <= grantedAt)
  if (isLasting) return firstGrantedAt(grants)
  return all.length < MAXIMUM_GRANTING_REQUESTS ? { [requestKey]: grantedAt, ...grants } : grants
}

/** @returns `undefined` when nobody else granted the scope. */
function removeGrant(grants: ScopeGrants, requestKey: string): ScopeGrants | undefined {
  if (typeof grants === 'number') return grants
  const { [requestKey]: _withdrawn, ...others } = grants
  return Object.keys(others).length > 0 ? others : undefined
}

function consentFrom({ scopeGrants, ...consent }: StoredConsent): Consent {
  const scopes = [...scopeGrants].map(([scope, grants]) => ({
    scope,
    grantedAt: firstGrantedAt(grants),
  }))
  return { ...consent, scopes: scopes.sort((left, right) => left.grantedAt - right.grantedAt) }
}
