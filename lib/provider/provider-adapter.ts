/**
 * oidc-provider's storage adapter on top of ours.
 *
 * oidc-provider stores three kinds of records here: sessions, pending requests (its `Interaction`) and
 * authorization codes. Tokens are issued by our own grants (lib/grants), and its `Grant` exists only during a
 * request.
 *
 * oidc-provider uses the identifier of a record, which is a credential, as the key and repeats it in the
 * record. Here the key is its hash, and the copies are removed before storing and restored after loading.
 *
 * @module
 */

import { type Adapter, type AdapterPayload, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { type Denial, denials, requestKeyOf } from '../interaction/request-endings.ts'
import { ENDED_SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { OpenIdConnect } from '../openid-connect/openid-connect-options.ts'
import { findResource, type Resource, resourcesFor } from '../resources/protected-resource.ts'
import { findTogether } from '../storage/artifact-reader.ts'
import type { ArtifactData, ArtifactStore } from '../storage/artifact-store.ts'
import type { ClientRecord } from '../storage/client.ts'
import type { AuthorizationCodeRecord } from '../tokens/authorization-code.ts'
import { sha256 } from '../util/sha256.ts'
import { userOf } from './account.ts'
import { isAsStored } from './browser-sessions.ts'
import { toProviderMetadata } from './client-metadata.ts'
import { toServiceUnavailable } from './errors.ts'
import { completionOf, toDeniedResult, toStoredResult } from './request-result.ts'
import { type RequestState, requestStateOf } from './request-state.ts'
import {
  ENDED_SESSION,
  NO_PARAMETERS,
  pendingRequestRecords,
  withoutNulls,
} from './stored-records.ts'
import type { StoredSessions } from './stored-sessions.ts'

/** Dependencies of the adapter. */
export interface ProviderAdapterDependencies {
  readonly artifacts: ArtifactStore
  readonly sessions: StoredSessions
  readonly findClient: (clientId: string) => Promise<ClientRecord | undefined>
  readonly resources: ReadonlyArray<Resource>
  /** `undefined` when it is off. */
  readonly openIdConnect: OpenIdConnect | undefined
  /** The URL that resumes a completed or denied request. */
  readonly resumeUrl: (pendingRequestToken: string) => string
  /** Whether a user is signed in in the browser. */
  readonly isSignedIn: (ctx: KoaContextWithOIDC, userId: string) => boolean
  /** When the signed-in user authenticated; seconds since the Unix epoch. */
  readonly authenticatedAt: (ctx: KoaContextWithOIDC) => number | undefined
  readonly now: () => number
}

/** Creates the adapter factory, which oidc-provider calls once per model. */
export function createProviderAdapter(
  dependencies: ProviderAdapterDependencies,
): (model: string) => Adapter {
  return (model) => {
    switch (model) {
      case 'Client':
        return clientAdapter(dependencies)
      case 'Session':
        return sessionAdapter(dependencies)
      case 'Interaction':
        return pendingRequestAdapter(dependencies)
      case 'AuthorizationCode':
        return authorizationCodeAdapter(dependencies)
      default:
        return emptyAdapter
    }
  }
}

/** The state of the request that oidc-provider handles; `undefined` outside of one. */
function currentState(): RequestState | undefined {
  const { ctx } = Provider
  return ctx && requestStateOf(ctx)
}

/** What was read before, unless the request has written something since. */
function recordsRead(): RequestState['records'] {
  return currentState()?.records
}

/** Saves, and forgets what was read before. */
async function write(save: () => Promise<void>): Promise<void> {
  const state = currentState()
  if (state !== undefined) state.records = undefined
  await toServiceUnavailable(save)
}

function authorizationCodeAdapter(dependencies: ProviderAdapterDependencies): Adapter {
  const { artifacts, now } = dependencies
  return {
    ...emptyAdapter,
    async upsert(id, payload, expiresInSeconds = 0) {
      const record: AuthorizationCodeRecord = toCodeRecord(dependencies, payload)
      await write(() =>
        artifacts.save('AuthorizationCode', sha256(id), { ...record }, now() + expiresInSeconds),
      )
    },
    async find() {
      throw new Error('authorization codes are redeemed by our own grant')
    },
  }
}

function toCodeRecord(
  dependencies: ProviderAdapterDependencies,
  payload: AdapterPayload,
): AuthorizationCodeRecord {
  const scopes = required(payload.scope).split(' ')
  const { ctx } = Provider
  const pendingRequest = ctx?.oidc.entities.Interaction
  return {
    clientId: required(payload.clientId),
    userId: required(payload.accountId),
    tenantId: required(userOf(ctx?.oidc.account)?.tenantId),
    consentId: required(payload.grantId), // interaction-policy.ts: a grant is named by its consent
    scopes,
    resources: grantedAudiences(payload.resource, dependencies, scopes),
    redirectUri: required(payload.redirectUri),
    codeChallenge: required(payload.codeChallenge),
    nonce: payload.nonce ?? null,
    authTime: required(ctx && dependencies.authenticatedAt(ctx)),
    pendingRequestKey: pendingRequest === undefined ? null : requestKeyOf(pendingRequest.uid),
  }
}

/**
 * The audiences of the named resources that accept any of the scopes, in that order. The userinfo endpoint need not be
 * named: it takes every access token with `openid`.
 */
function grantedAudiences(
  named: string | ReadonlyArray<string> = [],
  { resources, openIdConnect }: ProviderAdapterDependencies,
  scopes: ReadonlyArray<string>,
): ReadonlyArray<string> {
  const uris = [...[named].flat(), ...(openIdConnect ? [openIdConnect.userinfo.audience] : [])]
  const found = uris.flatMap((uri) => findResource(resources, uri) ?? [])
  return resourcesFor([...new Set(found)], scopes).map(({ audience }) => audience)
}

function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('oidc-provider issued an incomplete authorization code')
  return value
}

/**
 * Sessions. A request that has read one before it ended would save it again, and a save that timed out may happen
 * later. So an ended one is kept, to expire later than whatever is saved.
 */
function sessionAdapter({ artifacts, sessions, now }: ProviderAdapterDependencies): Adapter {
  const save = (id: string, data: ArtifactData, ttlSeconds = 0): Promise<void> =>
    write(() => artifacts.saveLatest('Session', sha256(id), data, now() + ttlSeconds))
  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const read = recordsRead()?.session
    return read?.id === id ? read.data : await toServiceUnavailable(() => sessions.find(id))
  }
  return {
    ...emptyAdapter,
    async find(id) {
      const found = await find(id)
      const state = currentState()
      if (state !== undefined && found) state.storedSession = { ...found, jti: id }
      return found
    },
    async upsert(id, payload, expiresInSeconds) {
      if (isAsStored({ ...payload, jti: id }, currentState()?.storedSession, now())) return
      const { jti: _id, accountId = null, loginTs = null, ...others } = payload
      await save(id, { ...others, accountId, loginTs, savedAt: now() }, expiresInSeconds)
    },
    destroy: (id) => save(id, ENDED_SESSION, ENDED_SESSION_TTL_SECONDS),
  }
}

/**
 * Pending requests, with the denial as their result if there is one.
 *
 * oidc-provider would sign in whoever completed a request, in the browser that resumes it. The resume route has
 * checked that user, but the request may be completed in another browser, or the session end, since: then there
 * is nothing to resume.
 *
 * A resumed request that needs a page again goes on (`interactionUrl`). oidc-provider would begin another one,
 * which would be denied and redeemed apart from this one.
 */
function pendingRequestAdapter({
  artifacts,
  resumeUrl,
  isSignedIn,
  now,
}: ProviderAdapterDependencies): Adapter {
  /** A request and its denial. */
  async function find(
    id: string,
  ): Promise<{ readonly request: object | undefined; readonly denial: Denial | undefined }> {
    const isRead = currentState()?.resumed?.pendingRequestToken === id
    const read = isRead ? recordsRead() : undefined
    if (read !== undefined) return read
    const key = requestKeyOf(id)
    const wanted = { request: pendingRequestRecords.named(key), denial: denials.named(key) }
    return await toServiceUnavailable(() => findTogether(artifacts, wanted, now()))
  }
  return {
    ...emptyAdapter,
    async find(id) {
      const { request, denial } = await find(id)
      if (request === undefined) return undefined
      const payload = { ...withoutNulls(request), jti: id, returnTo: resumeUrl(id) }
      if (denial !== undefined) {
        const state = currentState()
        if (state !== undefined) state.denial = denial
        return { ...payload, result: { ...toDeniedResult(denial) } }
      }
      const { ctx } = Provider
      const userId = completionOf(payload)?.userId
      const isOther = ctx !== undefined && userId !== undefined && !isSignedIn(ctx, userId)
      return isOther ? undefined : payload
    },
    async upsert(id, payload, expiresInSeconds = 0) {
      if (currentState()?.resumed !== undefined) return
      // `session` holds the session cookie; the browser brings its own (pending-requests.ts).
      const { jti: _id, returnTo: _url, session: _session, params, result, ...others } = payload
      const record = {
        ...others,
        params: { ...NO_PARAMETERS, ...params },
        result: result === undefined ? null : toStoredResult(result),
      }
      const expiresAt = now() + expiresInSeconds
      await write(() => artifacts.save('PendingRequest', requestKeyOf(id), record, expiresAt))
    },
    // Kept until it expires: it may be finished again, or denied.
    destroy: nothing,
  }
}

function clientAdapter({ findClient }: ProviderAdapterDependencies): Adapter {
  return {
    ...emptyAdapter,
    async find(clientId) {
      try {
        return await toServiceUnavailable(async () => {
          const client = await findClient(clientId)
          return client === undefined ? undefined : toProviderMetadata(client)
        })
      } catch (error) {
        const { ctx } = Provider
        if (ctx !== undefined) requestStateOf(ctx).clientFailure = error
        throw error
      }
    },
  }
}

const nothing = async (): Promise<undefined> => undefined

const emptyAdapter: Adapter = {
  upsert: nothing,
  find: nothing,
  findByUid: nothing,
  findByUserCode: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
}
