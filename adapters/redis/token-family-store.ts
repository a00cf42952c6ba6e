import { randomUUID } from 'node:crypto'
import { StorageError } from '../../lib/errors.ts'
import type {
  CreationOutcome,
  CurrentRefreshToken,
  FamilyRevocation,
  FoundTokenFamily,
  RefreshReplay,
  RotationOutcome,
  TokenFamily,
  TokenFamilyStore,
} from '../../lib/storage/token-family-store.ts'
import type { Connection } from './connection.ts'
import { SCOPE_FIELD } from './consent-records.ts'
import { assertIdentifier, consentIdOf, isFamilyId, isIdentifier } from './keys.ts'
import { parseJson, removalOf } from './records.ts'
import { addRevocation, findEndedLife } from './revocation-store.ts'
import { runScript, type Script } from './script.ts'
import { CREATE, FIND, REVOKE, REVOKE_AND_RECORD, ROTATE } from './token-family-scripts.ts'

type ChangingPart = Pick<
  TokenFamily,
  'accessTokensExpireAt' | 'expiresAt' | 'refreshToken' | 'replay'
>

/** What never changes, as one field; the key has the ids. */
type DurablePart = Omit<TokenFamily, 'familyId' | 'consentId' | keyof ChangingPart>

/** A family that lives, as far as its own record says. */
interface StoredFamily {
  readonly family: FoundTokenFamily
  /** A random text, new each time that a family begins, even with the same id. */
  readonly life: string
}

type Fields = ReadonlyArray<string | number>

/** Creates the store of token families. Each is a hash, in the slot of its consent. */
export function createTokenFamilyStore(connection: Connection): TokenFamilyStore {
  const { client, keys } = connection
  /** Whether one script may use keys of several slots: not on a Cluster, however it is reached. */
  let spansSlots = !client.isCluster

  async function run(script: Script, familyId: string, parameters: Fields): Promise<unknown> {
    const family = [keys.consent(consentIdOf(familyId)), keys.family(familyId)]
    return await runScript(client, script, family, parameters)
  }

  /** @param clientId Its client, if the family counts only while that exists, which takes a key of another slot. */
  async function findStored(
    familyId: string,
    now: number,
    clientId?: string,
  ): Promise<StoredFamily | undefined> {
    const used = [keys.consent(consentIdOf(familyId)), keys.family(familyId)]
    if (clientId !== undefined) used.push(keys.client(clientId))
    const found = await runScript(client, FIND, used, [now])
    if (found === null) return undefined
    const [fields, consentFields, life] = found as [
      ReadonlyArray<string | null>,
      ReadonlyArray<string>,
      string,
    ]
    return { family: parseFamily(familyId, fields, consentFields), life }
  }

  async function revokeInOneStep(
    familyId: string,
    { clientId, rememberUntil, toleranceSeconds }: FamilyRevocation,
    now: number,
  ): Promise<unknown> {
    const used = [
      ...[keys.consent(consentIdOf(familyId)), keys.family(familyId)],
      ...[keys.revocation('family', familyId), keys.revocations, keys.revocationExpiries],
    ]
    return await runScript(client, REVOKE_AND_RECORD, used, [
      ...[now, createCallName(), clientId, rememberUntil, removalOf(rememberUntil)],
      ...[familyId, toleranceSeconds, removalOf(0)],
    ])
  }

  /**
   * Adds the revocation first, and again when the family was rotated meanwhile. The `owner` is who was asked to revoke;
   * a `finisher` has found a family whose revocation is recorded: it is under way, its process has died, or the master
   * of the family has lost it in a fail-over.
   */
  async function revokeInSteps(
    { life, family }: StoredFamily,
    { rememberUntil, toleranceSeconds }: Omit<FamilyRevocation, 'clientId'>,
    now: number,
    asker: 'owner' | 'finisher',
  ): Promise<unknown> {
    const { familyId, expiresAt } = family
    const call = createCallName()
    let recorded = family.accessTokensExpireAt
    for (;;) {
      await addRevocation(
        connection,
        { kind: 'family', id: familyId, expiresAt: recorded + toleranceSeconds },
        { life, toleranceSeconds, expiresAt },
      )
      const record = await run(REVOKE, familyId, [
        ...[now, call, rememberUntil, removalOf(rememberUntil), recorded, asker],
      ])
      if (typeof record !== 'number') return record
      recorded = record
    }
  }

  async function findInSteps(
    familyId: string,
    clientId: string,
    now: number,
  ): Promise<StoredFamily | undefined> {
    const [clientCount, stored, ended] = await Promise.all([
      client.exists(keys.client(clientId)),
      findStored(familyId, now),
      findEndedLife(connection, familyId),
    ])
    if (stored !== undefined && stored.life === ended?.life) {
      const { toleranceSeconds } = ended
      const rememberUntil = stored.family.expiresAt
      await revokeInSteps(stored, { rememberUntil, toleranceSeconds }, now, 'finisher')
      return undefined
    }
    return Number(clientCount) === 0 ? undefined : stored
  }

  /** Takes one step where one script may use keys of several slots. */
  async function inOneStepOr<Result>(
    inOneStep: () => Promise<Result>,
    inSteps: () => Promise<Result>,
  ): Promise<Result> {
    try {
      if (spansSlots) return await inOneStep()
    } catch (error) {
      // Nothing ran.
      if (!(error instanceof Error && error.message.startsWith('CROSSSLOT'))) throw error
      spansSlots = false
    }
    return await inSteps()
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
      const stored = await inOneStepOr(
        () => findStored(familyId, now, clientId),
        () => findInSteps(familyId, clientId, now),
      )
      return stored?.family
    },

    async rotate(familyId, rotation, now) {
      if (!isFamilyId(familyId)) return { outcome: 'not-found' }
      const { refreshToken, replay, accessTokensExpireAt, expiresAt } = rotation
      const [outcome, encryptedResponse] = (await run(ROTATE, familyId, [
        now,
        createCallName(),
        rotation.deadlineMilliseconds,
        rotation.presentedTokenHash,
        rotation.requestHash,
        removalOf(expiresAt),
        ...changingFieldsOf({
          refreshToken,
          accessTokensExpireAt,
          expiresAt,
          ...(replay === undefined ? {} : { replay }),
        }),
      ])) as [RotationOutcome['outcome'], string?]
      return outcome === 'replayed'
        ? { outcome, encryptedResponse: required(encryptedResponse) }
        : { outcome }
    },

    async revoke(familyId, revocation, now) {
      if (!isFamilyId(familyId)) return undefined
      const record = await inOneStepOr(
        () => revokeInOneStep(familyId, revocation, now),
        async () => {
          const stored = await findStored(familyId, now)
          if (stored?.family.clientId !== revocation.clientId) return null
          return await revokeInSteps(stored, revocation, now, 'owner')
        },
      )
      if (typeof record !== 'string') return undefined
      const { userId, tenantId } = parseJson<DurablePart>(record)
      return { userId, tenantId }
    },
  }
}

/** Names one call, however often the driver sends it. */
function createCallName(): string {
  return randomUUID()
}

function fieldsOf(family: TokenFamily): Fields {
  const { clientId, userId, tenantId, scopes, resources, createdAt } = family
  const durable: DurablePart = { clientId, userId, tenantId, scopes, resources, createdAt }
  return ['record', JSON.stringify(durable), ...changingFieldsOf(family)]
}

function changingFieldsOf({
  accessTokensExpireAt,
  expiresAt,
  refreshToken,
  replay,
}: ChangingPart): Fields {
  return [
    ...['accessTokensExpireAt', accessTokensExpireAt, 'expiresAt', expiresAt],
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
function parseFamily(
  familyId: string,
  fields: ReadonlyArray<string | null>,
  consentFields: ReadonlyArray<string>,
): FoundTokenFamily {
  const [record, expiresAt, accessTokensExpireAt, hash, issuedAt, tokenExpiresAt, ...more] = fields
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
  const durable = parseJson<DurablePart>(required(record))
  return {
    ...durable,
    consentedScopes: durable.scopes.filter((scope) => consentFields.includes(SCOPE_FIELD + scope)),
    familyId,
    consentId: consentIdOf(familyId),
    ...(refreshToken ? { refreshToken } : {}),
    ...(replay ? { replay } : {}),
    accessTokensExpireAt: Number(accessTokensExpireAt),
    expiresAt: Number(expiresAt),
    foundAtMilliseconds: Number(foundAtMilliseconds),
  }
}

function required(field: string | null | undefined): string {
  if (field === null || field === undefined) throw new StorageError('redis: a family is damaged')
  return field
}
