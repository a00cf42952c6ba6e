import { randomBytes } from 'node:crypto'
import { StorageError } from '../../lib/errors.ts'
import type {
  CreationOutcome,
  CurrentRefreshToken,
  FoundTokenFamily,
  RefreshRetry,
  RotationOutcome,
  TokenFamily,
  TokenFamilyStore,
} from '../../lib/storage/storage.ts'
import type { Connection } from './connection.ts'
import { removalOf } from './expiry.ts'
import { parseJson } from './json.ts'
import { assertIdentifier, consentIdOf, isFamilyId, isIdentifier } from './keys.ts'
import { runScript, type Script } from './script.ts'
import { CREATE, FIND, REVOKE, ROTATE } from './token-family-scripts.ts'

/** What never changes, as one field; the key has the ids. */
type LastingPart = Omit<
  TokenFamily,
  'familyId' | 'consentId' | 'refreshToken' | 'retry' | 'expiresAt'
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
      if (!isFamilyId(familyId)) return { outcome: 'gone' }
      const { refreshToken, retry, expiresAt, rememberRevokedUntil } = rotation
      const [outcome, sealedResponse] = (await run(ROTATE, familyId, [
        now,
        createCallName(),
        rotation.deadlineMilliseconds,
        rotation.presentedTokenHash,
        rotation.requestHash,
        rememberRevokedUntil,
        removalOf(rememberRevokedUntil),
        removalOf(expiresAt),
        ...changingFieldsOf({ refreshToken, expiresAt, ...(retry === undefined ? {} : { retry }) }),
      ])) as [RotationOutcome['outcome'], string?]
      return outcome === 'retried'
        ? { outcome, sealedResponse: required(sealedResponse) }
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
  const { familyId: _familyId, consentId: _consentId, refreshToken, retry, ...rest } = family
  const { expiresAt: _expiresAt, ...lasting }: LastingPart & { readonly expiresAt: number } = rest
  return ['record', JSON.stringify(lasting), ...changingFieldsOf(family)]
}

function changingFieldsOf({
  expiresAt,
  refreshToken,
  retry,
}: Pick<TokenFamily, 'expiresAt' | 'refreshToken' | 'retry'>): Fields {
  return [
    ...['expiresAt', expiresAt],
    ...(refreshToken === undefined ? [] : tokenFieldsOf(refreshToken)),
    ...(retry === undefined ? [] : retryFieldsOf(retry)),
  ]
}

function tokenFieldsOf({ hash, issuedAt, expiresAt }: CurrentRefreshToken): Fields {
  return ['tokenHash', hash, 'tokenIssuedAt', issuedAt, 'tokenExpiresAt', expiresAt]
}

function retryFieldsOf(retry: RefreshRetry): Fields {
  return [
    ...['spentTokenHash', retry.spentTokenHash, 'requestHash', retry.requestHash],
    ...['sealedResponse', retry.sealedResponse, 'retryUntil', retry.until],
  ]
}

/** In the order of the script. */
function parseFamily(familyId: string, fields: ReadonlyArray<string | null>): FoundTokenFamily {
  const [record, expiresAt, hash, issuedAt, tokenExpiresAt, ...more] = fields
  const [spentTokenHash, requestHash, sealedResponse, until, foundAtMilliseconds] = more
  const refreshToken = hash && {
    hash,
    issuedAt: Number(issuedAt),
    expiresAt: Number(tokenExpiresAt),
  }
  const retry = spentTokenHash && {
    spentTokenHash,
    requestHash: required(requestHash),
    sealedResponse: required(sealedResponse),
    until: Number(until),
  }
  return {
    ...parseJson<LastingPart>(required(record)),
    familyId,
    consentId: consentIdOf(familyId),
    ...(refreshToken ? { refreshToken } : {}),
    ...(retry ? { retry } : {}),
    expiresAt: Number(expiresAt),
    foundAtMilliseconds: Number(foundAtMilliseconds),
  }
}

function required(field: string | null | undefined): string {
  if (field === null || field === undefined) throw new StorageError('redis: a family is damaged')
  return field
}
