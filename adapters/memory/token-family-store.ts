import { USE_RESOLUTION_SECONDS } from '../../lib/storage/consent-store.ts'
import type { Revocation } from '../../lib/storage/revocation-store.ts'
import type {
  Rotation,
  TokenFamily,
  TokenFamilyStore,
} from '../../lib/storage/token-family-store.ts'
import type { StoredConsent } from './consent-store.ts'
import { copyJson } from './copy-json.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** A revoked family, whose id stays taken. */
const REVOKED = 'revoked'

/** Records that families depend on. */
export interface DurableRecords {
  readonly clients: ReadonlyMap<string, unknown>
  /** By `consentId`. */
  readonly consents: Map<string, StoredConsent>
}

/** Creates the store of token families. */
export function createTokenFamilyStore(
  limits: RecordLimits,
  { clients, consents }: DurableRecords,
  recordRevocation: (revocation: Revocation) => void,
): TokenFamilyStore {
  const records = new ExpiringRecords<TokenFamily | typeof REVOKED>({
    ...limits,
    kind: 'token families',
    whenFull: 'refuse',
  })

  function findLive(familyId: string, now: number): TokenFamily | undefined {
    const record = records.find(familyId, now)
    return record === undefined || record === REVOKED || !consents.has(record.consentId)
      ? undefined
      : record
  }

  function keep(family: TokenFamily): void {
    records.set(family.familyId, copyJson(family), family.expiresAt)
  }

  /** Updates `lastUsedAt` of a consent, unless it is at most so many seconds earlier, or later. */
  function noteUse(consentId: string, usedAt: number, resolutionSeconds: number): void {
    const consent = consents.get(consentId)
    if (consent === undefined) return
    const { lastUsedAt = Number.NEGATIVE_INFINITY } = consent
    if (usedAt - lastUsedAt <= resolutionSeconds) return
    consents.set(consentId, { ...consent, lastUsedAt: usedAt })
  }

  return {
    async create(family, now, deadlineMilliseconds) {
      if (Date.now() > deadlineMilliseconds) return 'late'
      const { familyId, consentId, createdAt } = family
      if (!consents.has(consentId)) return 'consent-not-found'
      if (records.find(familyId, now) !== undefined) return 'taken'
      keep(family)
      noteUse(consentId, createdAt, 0)
      return 'created'
    },

    async find(familyId, clientId, now) {
      const family = findLive(familyId, now)
      if (family === undefined || !clients.has(clientId)) return undefined
      const consented = consents.get(family.consentId)?.scopeGrants
      return {
        ...copyJson(family),
        consentedScopes: family.scopes.filter((scope) => consented?.has(scope)),
        foundAtMilliseconds: Date.now(),
      }
    },

    async rotate(familyId, rotation, now) {
      if (Date.now() > rotation.deadlineMilliseconds) return { outcome: 'late' }
      const family = findLive(familyId, now)
      if (family === undefined) return { outcome: 'not-found' }

      const { refreshToken, replay } = family
      if (refreshToken?.hash === rotation.presentedTokenHash) {
        if (refreshToken.expiresAt <= now) return { outcome: 'not-found' }
        keep(afterRotation(family, rotation))
        noteUse(family.consentId, now, USE_RESOLUTION_SECONDS)
        return { outcome: 'rotated' }
      }

      const isReplay =
        replay?.usedTokenHash === rotation.presentedTokenHash &&
        replay.requestHash === rotation.requestHash &&
        now < replay.until
      if (isReplay) return { outcome: 'replayed', encryptedResponse: replay.encryptedResponse }
      return { outcome: 'reused' }
    },

    async revoke(familyId, { clientId, rememberUntil, toleranceSeconds }, now) {
      const family = findLive(familyId, now)
      if (family?.clientId !== clientId) return undefined
      const { userId, tenantId, accessTokensExpireAt } = family
      const expiresAt = accessTokensExpireAt + toleranceSeconds
      recordRevocation({ kind: 'family', id: familyId, expiresAt })
      records.set(familyId, REVOKED, rememberUntil)
      return { userId, tenantId }
    },
  }
}

function afterRotation(family: TokenFamily, rotation: Rotation): TokenFamily {
  const { replay: _before, ...durable } = family
  const { refreshToken, replay, accessTokensExpireAt, expiresAt } = rotation
  const changes = { refreshToken, accessTokensExpireAt, expiresAt }
  return { ...durable, ...changes, ...(replay === undefined ? {} : { replay }) }
}
