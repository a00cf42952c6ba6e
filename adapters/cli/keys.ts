/**
 * `keys …`: makes keys, and administers those in a store. None of it needs the secret that the keys in the
 * store are encrypted under, and none of it shows a key that is in use.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { KEY_PURPOSES, type KeyPurpose } from '../../lib/keys/key-schedule.ts'
import { makeSigningKey } from '../../lib/keys/new-key.ts'
import {
  listStoredKeys,
  type ManagedKey,
  revokeStoredKey,
  rotateStoredKey,
} from '../../lib/keys/stored-keys.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { type Command, CommandError, requireNoParameters } from './command.ts'
import { withKeyStore } from './connections.ts'

/** `keys generate`: a private key for the option `signingKeys`. */
export const generateKey: Command = async (invocation) => {
  requireNoParameters(invocation)
  return JSON.stringify(await makeSigningKey())
}

/** `keys list`: what is in the store. */
export const listKeys: Command = async (invocation) => {
  requireNoParameters(invocation)
  const keys = await withKeyStore(invocation.environment, (store) =>
    listStoredKeys(store, systemClock()),
  )
  return keys.length === 0 ? 'There are no keys here: no instance has made any.' : toTable(keys)
}

/** `keys rotate [purpose] [--by <who>]`: the standby key signs. */
export const rotateKeys: Command = async ({ parameters, environment }) => {
  const { actor, positionals } = parseActor(parameters)
  const [purpose = 'signing', ...rest] = positionals
  requireNoParameters({ parameters: rest, environment })
  if (!isPurpose(purpose)) throw new CommandError(`rotate ${KEY_PURPOSES.join(' or ')}; see --help`)
  const { keyId, activatesAt } = await withKeyStore(environment, (store) =>
    rotateStoredKey(store, purpose, systemClock(), actor),
  )
  return `The ${purpose} key ${keyId} signs from ${toText(activatesAt)}.`
}

/** `keys revoke <key id> [--by <who>]`: a key is not to be trusted any more. */
export const revokeKey: Command = async ({ parameters, environment }) => {
  const { actor, positionals } = parseActor(parameters)
  const [keyId, ...rest] = positionals
  if (keyId === undefined) throw new CommandError('say which key; "keys list" shows them')
  requireNoParameters({ parameters: rest, environment })
  const withdrawn = await withKeyStore(environment, (store) =>
    revokeStoredKey(store, keyId, systemClock(), actor),
  )
  if (withdrawn?.revokedAt === undefined) throw new CommandError(`there is no key "${keyId}" here`)
  return `The ${withdrawn.purpose} key ${keyId} is refused from ${toText(withdrawn.revokedAt)}.`
}

/** Who runs the command, for the audit event that a running instance reports. */
function parseActor(parameters: ReadonlyArray<string>): {
  readonly actor: { readonly actorId?: string }
  readonly positionals: ReadonlyArray<string>
} {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: { by: { type: 'string' } },
    allowPositionals: true,
  })
  return { actor: values.by === undefined ? {} : { actorId: values.by }, positionals }
}

function isPurpose(text: string): text is KeyPurpose {
  return (KEY_PURPOSES as ReadonlyArray<string>).includes(text)
}

function toTable(keys: ReadonlyArray<ManagedKey>): string {
  const rows = [
    ['PURPOSE', 'GENERATION', 'STATE', 'KEY ID', 'CREATED', 'SIGNS FROM', 'GONE FROM'],
    ...keys.map((key) => [
      key.purpose,
      String(key.generation),
      key.state,
      key.keyId,
      toText(key.createdAt),
      toText(key.activatesAt),
      key.retiresAt === undefined ? '-' : toText(key.retiresAt),
    ]),
  ]
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function toText(instant: number): string {
  return new Date(instant * 1000).toISOString().replace('.000Z', 'Z')
}
