import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../util/clock.ts'
import type { DecryptedKey } from './key-encryption.ts'
import { nextChangeAfter, usableKeys } from './key-schedule.ts'
import type { SigningKey } from './signing-key.ts'

/** The keys of a store that are in use at a moment. */
export interface KeySelection {
  readonly signingKey: SigningKey | undefined
  /** Those that verify, the one that signs first. */
  readonly signingKeys: ReadonlyArray<SigningKey>
  readonly publishedKeys: JSONWebKeySet
  readonly verificationKey: JWTVerifyGetKey
  readonly cookieKeys: ReadonlyArray<string>
}

/** Creates a function that selects the keys in use. It selects anew only when the keys or the time changed. */
export function createKeySelector(now: Clock): (keys: ReadonlyArray<DecryptedKey>) => KeySelection {
  let selectedFrom: ReadonlyArray<DecryptedKey> = []
  let validFrom = Number.NEGATIVE_INFINITY
  let validUntil = Number.POSITIVE_INFINITY
  let selection = select([], 0, undefined)
  return (keys) => {
    const instant = now()
    if (keys !== selectedFrom || instant < validFrom || instant >= validUntil) {
      selection = select(keys, instant, selection)
      selectedFrom = keys
      validFrom = instant
      validUntil = nextChangeAfter(keys, instant)
    }
    return selection
  }
}

function select(
  keys: ReadonlyArray<DecryptedKey>,
  now: number,
  before: KeySelection | undefined,
): KeySelection {
  const usableFor = (purpose: DecryptedKey['purpose']): ReadonlyArray<DecryptedKey> =>
    usableKeys(
      keys.filter((key) => key.purpose === purpose),
      now,
    )
  const signingKeys = usableFor('signing').flatMap(({ signingKey }) => signingKey ?? [])
  const kids = signingKeys.map(({ kid }) => kid)
  const kidsBefore = before?.publishedKeys.keys.map(({ kid }) => kid)
  // The same object while the keys are the same: others cache what they derive from it.
  const publishedKeys =
    before !== undefined && kids.join() === kidsBefore?.join()
      ? before.publishedKeys
      : { keys: signingKeys.map(({ publicJwk }) => publicJwk) }
  return {
    signingKey: signingKeys[0],
    signingKeys,
    publishedKeys,
    verificationKey:
      publishedKeys === before?.publishedKeys
        ? before.verificationKey
        : createLocalJWKSet(publishedKeys),
    cookieKeys: usableFor('cookie').flatMap(({ jwk }) => jwk.k ?? []),
  }
}
