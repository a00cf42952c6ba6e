import type { Consent, ConsentStore, GrantedScope } from '../../lib/storage/consent-store.ts'

/**
 * Creates the store of consents.
 *
 * @param consents The map that holds them, by `consentId`.
 */
export function createConsentStore(consents: Map<string, Consent>): ConsentStore {
  // Of each user, the `consentId` by client.
  const consentIds = new Map<string, Map<string, string>>()

  function findConsent(userId: string, clientId: string): Consent | undefined {
    return consents.get(consentIds.get(userId)?.get(clientId) ?? '')
  }

  return {
    async grant({ scopes, deadlineMilliseconds, ...grant }) {
      if (Date.now() > deadlineMilliseconds) return 'late'
      const { userId, clientId, grantedAt } = grant
      const found = findConsent(userId, clientId)
      const before = found?.tenantId === grant.tenantId ? found : undefined
      if (found !== undefined && before === undefined) consents.delete(found.consentId)
      const consentId = before?.consentId ?? grant.consentId
      const idsOfUser = consentIds.get(userId) ?? new Map<string, string>()
      consentIds.set(userId, idsOfUser.set(clientId, consentId))
      consents.set(consentId, {
        ...grant,
        consentId,
        scopes: addScopes(before?.scopes ?? [], scopes, grantedAt),
        createdAt: before?.createdAt ?? grantedAt,
        lastUsedAt: before?.lastUsedAt,
      })
      return 'granted'
    },

    async find(userId, clientId) {
      return structuredClone(findConsent(userId, clientId))
    },

    async findTimed(userId, clientId) {
      const consent = structuredClone(findConsent(userId, clientId))
      return { consent, foundAtMilliseconds: Date.now() }
    },

    async list(userId) {
      const clientIds = [...(consentIds.get(userId)?.keys() ?? [])]
      const found = clientIds.flatMap((clientId) => findConsent(userId, clientId) ?? [])
      return structuredClone(found.sort((left, right) => right.grantedAt - left.grantedAt))
    },

    async listBatch(of, limit) {
      const found = [...consents.values()].filter((consent) =>
        'tenantId' in of ? consent.tenantId === of.tenantId : consent.clientId === of.clientId,
      )
      return structuredClone(found.slice(0, limit))
    },

    async removeScopes({ consentId, userId, clientId }, scopes) {
      const consent = findConsent(userId, clientId)
      if (consent?.consentId !== consentId) return false
      const kept = consent.scopes.filter(({ scope }) => !scopes.includes(scope))
      consents.set(consentId, { ...consent, scopes: kept })
      return true
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

/** Adds scopes; those that were granted before keep their history. */
function addScopes(
  before: ReadonlyArray<GrantedScope>,
  scopes: ReadonlyArray<string>,
  grantedAt: number,
): ReadonlyArray<GrantedScope> {
  const known = new Set(before.map(({ scope }) => scope))
  const added = [...new Set(scopes)].filter((scope) => !known.has(scope))
  return [...before, ...added.map((scope) => ({ scope, grantedAt }))].sort(
    (left, right) => left.grantedAt - right.grantedAt,
  )
}
