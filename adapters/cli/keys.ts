/**
 * `keys …`: creates keys, and administers those in a store. None of it needs the secret that the keys in the
 * store are encrypted under, and none of it shows a key that is in use.
 *
 * @module
 */

import { KEY_PURPOSES, type KeyPurpose } from '../../lib/keys/key-schedule.ts'
import { createPrivateKey } from '../../lib/keys/new-key.ts'
import {
  listStoredKeys,
  type ManagedKey,
  revokeStoredKey,
  rotateStoredKey,
} from '../../lib/keys/stored-keys.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { actorOf, BY, type Command, CommandError } from './command.ts'
import { withKeyStore } from './connections.ts'
import { formatInstant, toTable } from './table.ts'

/** `keys generate`: a private key for the option `signingKeys`. */
export const generateKey: Command = {
  run: async () => JSON.stringify(await createPrivateKey()),
}

/** `keys list`: the keys in the store. */
export const listKeys: Command = {
  async run({ environment }) {
    const keys = await withKeyStore(environment, (store) => listStoredKeys(store, systemClock()))
    return keys.length === 0 ? 'There are no keys: no instance has created any.' : toKeyTable(keys)
  },
}

/** `keys rotate [purpose] [--by <who>]`: activates the next key. */
export const rotateKeys: Command = {
  hasParameter: true,
  options: BY,
  async run({ parameter: purpose = 'signing', environment, options }) {
    if (!isPurpose(purpose)) {
      throw new CommandError(`rotate ${KEY_PURPOSES.join(' or ')}; see --help`)
    }
    const { keyId, activatesAt } = await withKeyStore(environment, (store) =>
      rotateStoredKey(store, purpose, systemClock(), actorOf(options)),
    )
    return `The ${purpose} key ${keyId} signs from ${formatInstant(activatesAt)}.`
  },
}

/** `keys revoke <key id> [--by <who>]`: a key must no longer be trusted. */
export const revokeKey: Command = {
  hasParameter: true,
  options: BY,
  async run({ parameter: keyId, environment, options }) {
    if (keyId === undefined) throw new CommandError('say which key; "keys list" shows them')
    const revoked = await withKeyStore(environment, (store) =>
      revokeStoredKey(store, keyId, systemClock(), actorOf(options)),
    )
    if (revoked?.revokedAt === undefined) throw new CommandError(`there is no key "${keyId}"`)
    return `The ${revoked.purpose} key ${keyId} is revoked from ${formatInstant(revoked.revokedAt)}.`
  },
}

function isPurpose(text: string): text is KeyPurpose {
  return (KEY_PURPOSES as ReadonlyArray<string>).includes(text)
}

function toKeyTable(keys: ReadonlyArray<ManagedKey>): string {
  return toTable([
    ['PURPOSE', 'GENERATION', 'STATE', 'KEY ID', 'CREATED', 'SIGNS FROM', 'RETIRES AT'],
    ...keys.map((key) => [
      key.purpose,
      String(key.generation),
      key.state,
      key.keyId,
      formatInstant(key.createdAt),
      formatInstant(key.activatesAt),
      key.retiresAt === undefined ? '-' : formatInstant(key.retiresAt),
    ]),
  ])
}
