/**
 * Options of `openManagedKeys`, checked.
 *
 * @module
 */

import { z } from 'zod'
import type { AuditListener } from '../audit/audit-event.ts'
import { ConfigurationError } from '../errors.ts'
import type { EncryptedKeyStore } from '../storage/encrypted-key-store.ts'
import type { PendingEventStore } from '../storage/pending-event-store.ts'
import type { RevocationStore } from '../storage/revocation-store.ts'
import { findMissingMethods, type MethodsOf, methodsOf } from '../storage/storage-issues.ts'
import { type Clock, checkedClock, systemClock } from '../util/clock.ts'
import {
  clockOption,
  functionOption,
  OPTION_WORDS,
  secretOption,
  storageOption,
  wholeNumberOption,
} from '../util/option-schemas.ts'
import { findSchemaIssues } from '../util/schema-issues.ts'
import type { KeyPurpose } from './key-schedule.ts'

const HOUR_SECONDS = 3600
const DAY_SECONDS = 24 * HOUR_SECONDS
const DEFAULT_ROTATION_SECONDS = 90 * DAY_SECONDS
const MAXIMUM_ROTATION_SECONDS = 3650 * DAY_SECONDS
const DEFAULT_REFRESH_SECONDS = 5
const DEFAULT_STORAGE_TIMEOUT_MILLISECONDS = 2000

/** Options of {@link openManagedKeys}. */
export interface ManagedKeysOptions {
  /** The storage that the instances share. */
  readonly storage: {
    readonly encryptedKeys: EncryptedKeyStore
    readonly revocations: Pick<RevocationStore, 'add'>
    readonly pendingEvents: Pick<PendingEventStore, 'take'>
  }
  /**
   * The one secret that the host keeps, for example from `openssl rand -base64 32`. The keys in the storage are
   * encrypted under it.
   *
   * @range At least 32 characters that cannot be guessed
   */
  readonly secret: string
  /**
   * Earlier secrets. Keys that are encrypted under one of them are encrypted again, under `secret`.
   *
   * @defaultValue None
   */
  readonly previousSecrets?: ReadonlyArray<string>
  /**
   * How long a key signs access tokens before the next one does.
   *
   * @range 3600 seconds (an hour) to 315 360 000 (ten years)
   * @defaultValue `7_776_000` (90 days)
   */
  readonly signingKeyRotationSeconds?: number
  /**
   * How long a key signs cookies before the next one does.
   *
   * @range 86 400 seconds (a day) to 315 360 000 (ten years)
   * @defaultValue `7_776_000` (90 days)
   */
  readonly cookieKeyRotationSeconds?: number
  /**
   * How often the keys in the storage are read again.
   *
   * @range 1 to 5 seconds
   * @defaultValue `5`
   * @cost One storage call each time
   */
  readonly refreshSeconds?: number
  /**
   * Timeout of a storage call; usually the server's own.
   *
   * @range 100 to 30 000 milliseconds
   * @defaultValue `2000`
   */
  readonly storageTimeoutMilliseconds?: number
  /**
   * Receives audit events: `key.created`, `key.rotated`, `key.revoked`, `key.deleted`; and `server.error`
   * when the keys could not be read or maintained, which is tried again. Usually the server's own. Each
   * rotation and revocation, from the command line too, is reported to one instance's listener, once. So is what
   * the command line did to clients.
   *
   * @defaultValue None: events are discarded
   */
  readonly onEvent?: AuditListener
  /**
   * Returns the time in whole seconds since the Unix epoch.
   *
   * @defaultValue The system clock
   */
  readonly clock?: () => number
}

const STORAGE_METHODS = {
  encryptedKeys: methodsOf('encryptedKeys'),
  revocations: { add: true },
  pendingEvents: { take: true },
} satisfies MethodsOf<ManagedKeysOptions['storage']>

const optionsSchema = z.strictObject(
  {
    storage: storageOption((storage) => findMissingMethods(storage, STORAGE_METHODS)),
    secret: secretOption,
    previousSecrets: z.array(secretOption, 'must be an array of secrets').optional(),
    signingKeyRotationSeconds: wholeNumberOption('seconds', HOUR_SECONDS, MAXIMUM_ROTATION_SECONDS),
    cookieKeyRotationSeconds: wholeNumberOption('seconds', DAY_SECONDS, MAXIMUM_ROTATION_SECONDS),
    refreshSeconds: wholeNumberOption('seconds', 1, DEFAULT_REFRESH_SECONDS),
    storageTimeoutMilliseconds: wholeNumberOption('milliseconds', 100, 30_000),
    onEvent: functionOption.optional(),
    clock: clockOption.optional(),
  },
  'must be an object',
)

/** Options with every default filled in. */
export interface ResolvedManagedKeysOptions {
  readonly storage: ManagedKeysOptions['storage']
  /** The secret, and those before it. */
  readonly secrets: readonly [string, ...ReadonlyArray<string>]
  readonly rotationSeconds: Readonly<Record<KeyPurpose, number>>
  readonly refreshSeconds: number
  readonly storageTimeoutMilliseconds: number
  readonly onEvent: AuditListener | undefined
  readonly now: Clock
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {@link ConfigurationError} with everything that is wrong.
 */
export function resolveManagedKeysOptions(options: ManagedKeysOptions): ResolvedManagedKeysOptions {
  const issues = findSchemaIssues(optionsSchema, options, OPTION_WORDS)
  if (issues.length > 0) throw new ConfigurationError(issues)
  return {
    storage: options.storage,
    secrets: [options.secret, ...(options.previousSecrets ?? [])],
    rotationSeconds: {
      signing: options.signingKeyRotationSeconds ?? DEFAULT_ROTATION_SECONDS,
      cookie: options.cookieKeyRotationSeconds ?? DEFAULT_ROTATION_SECONDS,
    },
    refreshSeconds: options.refreshSeconds ?? DEFAULT_REFRESH_SECONDS,
    storageTimeoutMilliseconds:
      options.storageTimeoutMilliseconds ?? DEFAULT_STORAGE_TIMEOUT_MILLISECONDS,
    onEvent: options.onEvent,
    now: options.clock === undefined ? systemClock : checkedClock(options.clock),
  }
}
