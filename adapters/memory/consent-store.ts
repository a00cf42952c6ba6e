import type { Consent, ConsentStore } from '../../lib/storage/storage.ts'

/**
 * Creates the store of consents.
 *
 * @param consentIds Where it notes which consents exist.
 */
export function createConsentStore(consentIds: Set<string>): ConsentStore {
  const consentsByUser = new Map<string, Map<string, Consent>>()

  return {
    async grant(consent) {
      const { userId, clientId } = consent
      const consents = consentsByUser.get(userId) ?? new Map<string, Consent>()
      const before = consents.get(clientId)
      const consentId = before?.consentId ?? consent.consentId
      const scopes = new Set([...(before?.scopes ?? []), ...consent.scopes])
      consents.set(clientId, { ...consent, consentId, scopes: [...scopes] })
      consentsByUser.set(userId, consents)
      consentIds.add(consentId)
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
