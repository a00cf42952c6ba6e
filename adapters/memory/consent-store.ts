import type { Consent, ConsentStore } from '../../lib/storage/storage.ts'

/**
 * Creates the store of consents.
 *
 * @param consentIds Where it notes which consents exist.
 */
export function createConsentStore(consentIds: Set<string>): ConsentStore {
  const consentsByUser = new Map<string, Map<string, Consent>>()

  return {
    async grant({ scopes, ...grant }) {
      const { userId, clientId, grantedAt } = grant
      const consents = consentsByUser.get(userId) ?? new Map<string, Consent>()
      const before = consents.get(clientId)
      const known = before?.scopes ?? []
      const added = [...new Set(scopes)].filter(
        (scope) => !known.some((granted) => granted.scope === scope),
      )
      const consent: Consent = {
        ...grant,
        consentId: before?.consentId ?? grant.consentId,
        scopes: [...known, ...added.map((scope) => ({ scope, grantedAt }))],
        createdAt: before?.createdAt ?? grantedAt,
        lastUsedAt: before?.lastUsedAt,
      }
      consents.set(clientId, consent)
      consentsByUser.set(userId, consents)
      consentIds.add(consent.consentId)
    },

    async find(userId, clientId) {
      return structuredClone(consentsByUser.get(userId)?.get(clientId))
    },

    async list(userId) {
      const consents = [...(consentsByUser.get(userId)?.values() ?? [])]
      return structuredClone(consents.sort((left, right) => right.grantedAt - left.grantedAt))
    },

    async delete(userId, clientId) {
      const consents = consentsByUser.get(userId)
      const consent = consents?.get(clientId)
      if (consents === undefined || consent === undefined) return false
      consents.delete(clientId)
      if (consents.size === 0) consentsByUser.delete(userId)
      consentIds.delete(consent.consentId)
      return true
    },
  }
}
