import { StorageError } from '../../lib/errors.ts'
import type { Consent, ConsentStore } from '../../lib/storage/storage.ts'
import type { Keys } from './keys.ts'
import { type RedisCommands, script } from './redis-commands.ts'

// A consent is a hash: its members by name, and a field `scope:…` for each scope. It lies in the slot of
// its families, and which consents a user has lies in another, so a grant takes several steps:
//
// 1. the consent is written under its new id, to vanish by itself after a minute;
// 2. the user's index is claimed for it; one wins, and its consent is made to last;
// 3. whoever lost adds its scopes to the winner's consent, as long as that exists.
//
// A crash after 1 leaves what vanishes; after 2, an index that names a consent that vanishes, which reads
// as none and is claimed anew. Deleting removes the consent first: the families die with it, whatever
// becomes of the index.

const PROVISIONAL_SECONDS = 60
const MAXIMUM_ATTEMPTS = 5

/** Writes a consent, provisionally if it is new. KEYS: the consent. */
const WRITE = script(`
local existed = redis.call('EXISTS', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if existed == 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end`)

/** Claims the index for a consent. KEYS: the index. ARGV: client, consent, an owner who is gone. */
const CLAIM = script(`
local owner = redis.call('HGET', KEYS[1], ARGV[1])
if owner and owner ~= ARGV[3] then return owner end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return ARGV[2]`)

/** Adds to a consent that exists. KEYS: the consent. */
const ADD = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
redis.call('PERSIST', KEYS[1])
return 1`)

/** Removes a consent from the index. KEYS: the index. ARGV: client, consent. */
const UNCLAIM = script(`
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end`)

/** Creates the store of consents. */
export function createConsentStore(commands: RedisCommands, keys: Keys): ConsentStore {
  const load = async (consentId: string): Promise<Consent | undefined> => {
    const fields = await commands.run('HGETALL', keys.consent(consentId))
    return consentFrom(consentId, fields as ReadonlyArray<string>)
  }
  const findId = async (userId: string, clientId: string): Promise<string | undefined> => {
    const consentId = await commands.run('HGET', keys.consentIndex(userId), clientId)
    return consentId === null ? undefined : String(consentId)
  }

  return {
    async grant(consent) {
      const { consentId, userId, clientId } = consent
      const key = keys.consent(consentId)
      await commands.runScript(WRITE, [key], [PROVISIONAL_SECONDS, ...fieldsOf(consent)])
      let ownerWhoIsGone = ''
      for (let attempt = 0; attempt < MAXIMUM_ATTEMPTS; attempt += 1) {
        const index = keys.consentIndex(userId)
        const claim = [clientId, consentId, ownerWhoIsGone]
        const owner = String(await commands.runScript(CLAIM, [index], claim))
        if (owner === consentId) {
          await commands.run('PERSIST', key)
          return
        }
        const added = await commands.runScript(ADD, [keys.consent(owner)], fieldsOf(consent))
        if (added === 1) {
          await commands.run('DEL', key)
          return
        }
        ownerWhoIsGone = owner
      }
      throw new StorageError('redis: the consent was given and withdrawn too often at once')
    },

    async find(userId, clientId) {
      const consentId = await findId(userId, clientId)
      return consentId === undefined ? undefined : await load(consentId)
    },

    async list(userId) {
      const consentIds = await commands.run('HVALS', keys.consentIndex(userId))
      const consents = await Promise.all((consentIds as ReadonlyArray<string>).map(load))
      return consents
        .filter((consent) => consent !== undefined)
        .sort((left, right) => right.grantedAt - left.grantedAt)
    },

    async delete(userId, clientId) {
      const consentId = await findId(userId, clientId)
      if (consentId === undefined) return false
      const deleted = await commands.run('DEL', keys.consent(consentId))
      await commands.runScript(UNCLAIM, [keys.consentIndex(userId)], [clientId, consentId])
      return deleted === 1
    },
  }
}

const SCOPE = 'scope:'

function fieldsOf({ userId, clientId, tenantId, scopes, grantedAt }: Consent): Array<string> {
  return [
    ...['userId', userId, 'clientId', clientId, 'tenantId', tenantId],
    ...['grantedAt', String(grantedAt)],
    ...scopes.flatMap((scope) => [SCOPE + scope, '1']),
  ]
}

function consentFrom(consentId: string, fields: ReadonlyArray<string>): Consent | undefined {
  if (fields.length === 0) return undefined
  const values = new Map<string, string>()
  for (let index = 0; index < fields.length; index += 2) {
    values.set(fields[index] ?? '', fields[index + 1] ?? '')
  }
  const memberOf = (name: string): string => values.get(name) ?? ''
  return {
    consentId,
    userId: memberOf('userId'),
    clientId: memberOf('clientId'),
    tenantId: memberOf('tenantId'),
    scopes: [...values.keys()]
      .filter((name) => name.startsWith(SCOPE))
      .map((name) => name.slice(SCOPE.length)),
    grantedAt: Number(memberOf('grantedAt')),
  }
}
