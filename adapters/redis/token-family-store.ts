import { randomBytes } from 'node:crypto'
import { StorageError } from '../../lib/errors.ts'
import type {
  CreationOutcome,
  CurrentRefreshToken,
  FoundTokenFamily,
  RefreshReplay,
  RotationOutcome,
  TokenFamily,
  TokenFamilyStore,
} from '../../lib/storage/token-family-store.ts'
import type { Connection } from './connection.ts'
import { assertIdentifier, consentIdOf, isFamilyId, isIdentifier } from './keys.ts'
import { parseJson, removalOf } from './records.ts'
import { runScript, type Script } from './script.ts'
import { CREATE, FIND, REVOKE, ROTATE } from './token-family-scripts.ts'

/** What never changes, as one field; the key has the ids. */
type DurablePart = Omit<
  TokenFamily,
  'familyId' | 'consentId' | 'refreshToken' | 'replay' | 'expiresAt'
>

type Fields = ReadonlyArray<string | number>

/** Creates the store of token families. Each is a hash, in the slot of its consent. */
export function createTokenFamilyStore({ client, keys }: Connection): TokenFamilyStore {
  async function run(script: Script, familyId: string, parameters: Fields): Promise<unknown> {
    const family = [keys.consent(consentIdOf(familyId)), keys.family(familyId)]
    return await runScript(client, script, family, parameters)
  }

  return {
    async create(family, now, deadlineMilliseconds) {
      const { familyId, consentId, createdAt, expiresAt } = family
      assertIdentifier(isFamilyId(familyId) && consentIdOf(familyId) === consentId)
      const parameters = [
        ...[now, createCallName(), deadlineMilliseconds, createdAt, removalOf(expiresAt)],
        ...fieldsOf(family),
      ]
      return (await run(CREATE, familyId, parameters)) as CreationOutcome
    },

    async find(familyId, clientId, now) {
      if (!isFamilyId(familyId) || !isIdentifier(clientId)) return undefined
      const [clientCount, fields] = await Promise.all([
        client.exists(keys.client(clientId)),
        run(FIND, familyId, [now]),
      ])
      if (Number(clientCount) === 0 || fields === null) return undefined
      return parseFamily(familyId, fields as ReadonlyArray<string | null>)
    },

    async rotate(familyId, rotation, now) {
      if (!isFamilyId(familyId)) return { outcome: 'not-found' }
      const { refreshToken, replay, expiresAt, rememberRevokedUntil } = rotation
      const [outcome, encryptedResponse] = (await run(ROTATE, familyId, [
        now,
        createCallName(),
        rotation.deadlineMilliseconds,
        rotation.presentedTokenHash,
        rotation.requestHash,
        rememberRevokedUntil,
        removalOf(rememberRevokedUntil),
        removalOf(expiresAt),
        ...changingFieldsOf({
          refreshToken,
          expiresAt,
          ...(replay === undefined ? {} : { replay }),
        }),
      ])) as [RotationOutcome['outcome'], string?]
      return outcome === 'replayed'
        ? { outcome, encryptedResponse: required(encryptedResponse) }
        : { outcome }
    },

    async revoke(familyId, rememberUntil, now) {
      if (!isFamilyId(familyId)) return false
      const parameters = [now, createCallName(), rememberUntil, removalOf(rememberUntil)]
      return Number(await run(REVOKE, familyId, parameters)) === 1
    },
  }
}

/** Names one call, however often the driver sends it. */
function createCallName(): string {
  return randomBytes(12).toString('base64url')
}

function fieldsOf(family: TokenFamily): Fields {
  const { familyId: _familyId, consentId: _consentId, refreshToken, replay, ...rest } = family
  const { expiresAt: _expiresAt, ...durable }: DurablePart & { readonly expiresAt: number } = rest
  return ['record', JSON.stringify(durable), ...changingFieldsOf(family)]
}

function changingFieldsOf({
  expiresAt,
  refreshToken,
  replay,
}: Pick<TokenFamily, 'expiresAt' | 'refreshToken' | 'replay'>): Fields {
  return [
    ...['expiresAt', expiresAt],
    ...(refreshToken === undefined ? [] : tokenFieldsOf(refreshToken)),
    ...(replay === undefined ? [] : replayFieldsOf(replay)),
  ]
}

function tokenFieldsOf({ hash, issuedAt, expiresAt }: CurrentRefreshToken): Fields {
  return ['tokenHash', hash, 'tokenIssuedAt', issuedAt, 'tokenExpiresAt', expiresAt]
}

function replayFieldsOf(replay: RefreshReplay): Fields {
  return [
    ...['usedTokenHash', replay.usedTokenHash, 'requestHash', replay.requestHash],
    ...['encryptedResponse', replay.encryptedResponse, 'replayUntil', replay.until],
  ]
}

/** In the order of the script. */
function parseFamily(familyId: string, fields: ReadonlyArray<string | null>): FoundTokenFamily {
  const [record, expiresAt, hash, issuedAt, tokenExpiresAt, ...more] = fields
  const [usedTokenHash, requestHash, encryptedResponse, until, foundAtMilliseconds] = more
  const refreshToken = hash && {
    hash,
    issuedAt: Number(issuedAt),
    expiresAt: Number(tokenExpiresAt),
  }
  const replay = usedTokenHash && {
    usedTokenHash,
    requestHash: required(requestHash),
    encryptedResponse: required(encryptedResponse),
    until: Number(until),
  }
  return {
    ...parseJson<DurablePart>(required(record)),
    familyId,
    consentId: consentIdOf(familyId),
    ...(refreshToken ? { refreshToken } : {}),
    ...(replay ? { replay } : {}),
    expiresAt: Number(expiresAt),
    foundAtMilliseconds: Number(foundAtMilliseconds),
  }
}

function required(field: string | null | undefined): string {
  if (field === null || field === undefined) throw new StorageError('redis: a family is damaged')
  return field
}
