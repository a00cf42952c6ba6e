/**
 * How pending requests end: the user denies the request, or the client redeems the code. Both may happen,
 * in any order or concurrently. The denial wins.
 *
 * Each is a separate record. Each side writes its own record, then reads what the other side wrote: of a
 * concurrent denial and redemption, or denial and grant, at least one sees the other. What must last is never
 * in the record of the pending request, which concurrent requests of a browser overwrite.
 *
 * @module
 */

import { rememberFamilyUntil } from '../lifetimes.ts'
import { type ArtifactReader, createArtifactReader } from '../storage/artifact-reader.ts'
import * as shape from '../storage/result-shape.ts'
import type { Storage } from '../storage/storage.ts'
import type { TokenFamily } from '../storage/token-family-store.ts'
import { sha256 } from '../util/sha256.ts'

/** A denial of a pending request. */
export interface Denial {
  /** For the client and the audit event. */
  readonly reason: string
  /** The user who denied; `null` when nobody was signed in. */
  readonly userId: string | null
}

/** What the client was sent for a pending request. */
export interface SentResponse {
  /** The user whose authorization code it was sent; `null` if none. */
  readonly issuedTo: string | null
  /** Whether it was sent the denial. */
  readonly isDenialSent: boolean
}

/** How many redemptions of a request are recorded. More than that are refused. */
const MAXIMUM_REDEMPTIONS = 100

/** The token family that the code of a pending request is redeemed for. It may not exist. */
export type Redemption = Pick<
  TokenFamily,
  'familyId' | 'consentId' | 'userId' | 'tenantId' | 'clientId'
>

/** Finds denials, by the key of the request. */
export const denials: ArtifactReader<Denial> = createArtifactReader<Denial>('Denial', {
  reason: shape.string,
  userId: shape.orNull(shape.nonEmptyString),
})
/** Finds redemptions. The key of the first one of a request is that of the request. */
export const redemptions: ArtifactReader<Redemption> = createArtifactReader<Redemption>(
  'Redemption',
  {
    familyId: shape.nonEmptyString,
    consentId: shape.nonEmptyString,
    userId: shape.nonEmptyString,
    tenantId: shape.nonEmptyString,
    clientId: shape.nonEmptyString,
  },
)

/** Finds what was sent, by the key of the request. */
export const sentResponses: ArtifactReader<SentResponse> = createArtifactReader<SentResponse>(
  'SentResponse',
  {
    issuedTo: shape.orNull(shape.nonEmptyString),
    isDenialSent: shape.boolean,
  },
)

/** The endings of pending requests. */
export interface RequestEndings {
  /** Finds the denial of a request. */
  findDenial(requestKey: string): Promise<Denial | undefined>
  /**
   * Records a denial: the codes of the request become invalid. The first one is the denial of the request; a later one
   * of another user is recorded beside it.
   */
  deny(requestKey: string, denial: Denial): Promise<void>
  /** Whether a user denied a request, after somebody else had. */
  hasDenied(requestKey: string, userId: string): Promise<boolean>
  /** Finds the last redemption of a request's code, successful or not: no earlier one can give tokens. */
  findRedemption(requestKey: string): Promise<Redemption | undefined>
  /** Like `findRedemption`, for whoever has found the first one already. */
  findLastRedemption(
    requestKey: string,
    first: Redemption | undefined,
  ): Promise<Redemption | undefined>
  /** Whether tokens were issued for a redemption: its family exists, or was revoked. */
  gaveTokens(redemption: Redemption): Promise<boolean>
  /**
   * Records a redemption. Call it before the family is created, so that a denial finds it.
   *
   * Redemptions are numbered. A later one is recorded only after the consent of the earlier one was deleted, so at
   * most one can issue tokens. If its family cannot be created because the
   * store fails, only the same code can be redeemed until the record expires.
   *
   * @returns `false` when the family must not be created: the request was denied, or another code of it
   *   was redeemed.
   */
  redeem(requestKey: string, redemption: Redemption): Promise<boolean>
}

/** The stores that hold the endings. */
export type EndingStores = Pick<Storage, 'artifacts' | 'consents' | 'families' | 'revocations'>

/** The storage key of a pending request. */
export function requestKeyOf(pendingRequestToken: string): string {
  return sha256(pendingRequestToken)
}

/** Creates the request endings of a server. */
export function createRequestEndings(
  { artifacts, consents, families, revocations }: EndingStores,
  now: () => number,
): RequestEndings {
  // A code may be issued until the request expires, and redeemed until the code expires.
  const expiresAt = (): number => rememberFamilyUntil(now())
  const findDenial: RequestEndings['findDenial'] = (requestKey) =>
    denials.find(artifacts, requestKey, now())

  const findRedemptionAt = (
    requestKey: string,
    position: number,
  ): Promise<Redemption | undefined> =>
    redemptions.find(artifacts, positionOf(requestKey, position), now())

  async function findLastRedemption(
    requestKey: string,
    first: Redemption | undefined,
  ): Promise<Redemption | undefined> {
    let last = first
    for (let position = 1; last !== undefined && position < MAXIMUM_REDEMPTIONS; position += 1) {
      const found = await findRedemptionAt(requestKey, position)
      if (found === undefined) break
      last = found
    }
    return last
  }

  /** Whether a redemption cannot give tokens, and its family is revoked: its consent was deleted, for good. */
  async function isWithoutConsent({ userId, clientId, consentId }: Redemption): Promise<boolean> {
    return (await consents.find(userId, clientId))?.consentId !== consentId
  }

  return {
    findDenial,

    async deny(requestKey, denial) {
      const { userId } = denial
      const record = { ...denial }
      const isFirst = await artifacts.insert('Denial', requestKey, record, expiresAt(), now())
      if (isFirst || userId === null) return
      const key = laterDenialOf(requestKey, userId)
      await artifacts.insert('Denial', key, record, expiresAt(), now())
    },

    async hasDenied(requestKey, userId) {
      return (await findDenial(laterDenialOf(requestKey, userId))) !== undefined
    },

    findLastRedemption,

    async findRedemption(requestKey) {
      return await findLastRedemption(requestKey, await findRedemptionAt(requestKey, 0))
    },

    async gaveTokens({ familyId, clientId }) {
      return (
        (await families.find(familyId, clientId, now())) !== undefined ||
        (await revocations.has('family', familyId, now()))
      )
    },

    async redeem(requestKey, redemption) {
      for (let position = 0; position < MAXIMUM_REDEMPTIONS; position += 1) {
        const key = positionOf(requestKey, position)
        const isNew = await artifacts.insert(
          'Redemption',
          key,
          { ...redemption },
          expiresAt(),
          now(),
        )
        const recorded = isNew ? redemption : await redemptions.find(artifacts, key, now())
        if (recorded?.familyId === redemption.familyId) {
          return (await findDenial(requestKey)) === undefined
        }
        if (recorded === undefined || !(await isWithoutConsent(recorded))) return false
      }
      return false
    },
  }
}

/** The key of a denial of a user who was not the first. */
function laterDenialOf(requestKey: string, userId: string): string {
  return sha256(`${requestKey} ${userId}`)
}

/** The key of a request's redemption. All expire after the request, so no position becomes free before that. */
function positionOf(requestKey: string, position: number): string {
  return position === 0 ? requestKey : sha256(`${requestKey} ${position}`)
}
