import type { Consent, ConsentStore } from '../../lib/storage/storage.ts'

/** Creates the store of consents. */
export function createConsentStore(): ConsentStore {
  const consentsByUser = new Map<string, Map<string, Consent>>()

  return {
    async grant(consent) {
      const { userId, clientId } = consent
      const consents = consentsByUser.get(userId) ?? new Map<string, Consent>()
      const scopes = new Set([...(consents.get(clientId)?.scopes ?? []), ...consent.scopes])
      consents.set(clientId, { ...consent, scopes: [...scopes] })
      consentsByUser.set(userId, consents)
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
      const existed = consents?.delete(clientId) ?? false
      if (consents?.size === 0) consentsByUser.delete(userId)
      return existed
    },
  }
}
