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
import { type RequestEndings, requestKeyOf } from '../interaction/request-endings.ts'
import { ENDED_SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { OpenIdConnect } from '../openid-connect/openid-connect-options.ts'
import { findResource, type Resource, resourcesFor } from '../resources/protected-resource.ts'
import type { ArtifactData, ArtifactKind, ArtifactStore } from '../storage/artifact-store.ts'
import type { ClientRecord } from '../storage/client.ts'
import type { AuthorizationCodeRecord } from '../tokens/authorization-code.ts'
import type { NotBefore } from '../users/not-before.ts'
import { sha256 } from '../util/sha256.ts'
import { userOf } from './account.ts'
import { isAsStored } from './browser-sessions.ts'
import { toProviderMetadata } from './client-metadata.ts'
import { toServiceUnavailable } from './errors.ts'
import { completionOf, toDeniedResult, toStoredResult } from './pending-requests.ts'
import { requestStateOf } from './request-state.ts'
import {
  ENDED_SESSION,
  NO_PARAMETERS,
  pendingRequestRecords,
  sessionRecords,
  withoutNulls,
} from './stored-records.ts'

/** Dependencies of the adapter. */
export interface ProviderAdapterDependencies {
  readonly artifacts: ArtifactStore
  readonly endings: Pick<RequestEndings, 'findDenial'>
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
  /** Whether a user was signed out everywhere at or after an instant. */
  readonly wasSignedOutSince: NotBefore['wasSignedOutSince']
  readonly now: () => number
}

/** Converts between payloads of oidc-provider and stored records. */
interface ArtifactMapping {
  readonly kind: ArtifactKind
  toStored(payload: AdapterPayload): Record<string, unknown>
  find(artifacts: ArtifactStore, id: string, now: number): Promise<AdapterPayload | undefined>
  /** Whether the record is invalid, although it has not expired. */
  hasEnded?(stored: AdapterPayload): Promise<boolean>
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
        return artifactAdapter(dependencies, authorizationCodeMapping(dependencies))
      default:
        return emptyAdapter
    }
  }
}

const sessionMapping = ({
  wasSignedOutSince,
  now,
}: ProviderAdapterDependencies): ArtifactMapping => ({
  kind: 'Session',
  toStored: ({ jti: _id, accountId = null, loginTs = null, ...payload }) => ({
    ...payload,
    accountId,
    loginTs,
    savedAt: now(),
  }),
  async find(artifacts, id, instant) {
    const stored = await sessionRecords.find(artifacts, sha256(id), instant)
    if (stored === undefined || stored.uid === null) return undefined
    return { ...withoutNulls(stored), jti: id }
  },
  hasEnded: async ({ accountId, loginTs = 0 }) =>
    accountId !== undefined && (await wasSignedOutSince(accountId, loginTs)),
})

const pendingRequestMapping = (resumeUrl: (id: string) => string): ArtifactMapping => ({
  kind: 'PendingRequest',
  // `session` holds the session cookie; the browser brings its own (pending-requests.ts).
  toStored: ({ jti: _id, returnTo: _url, session: _session, params, result, ...payload }) => ({
    ...payload,
    params: { ...NO_PARAMETERS, ...params },
    result: result === undefined ? null : toStoredResult(result),
  }),
  async find(artifacts, id, now) {
    const stored = await pendingRequestRecords.find(artifacts, sha256(id), now)
    return stored && { ...withoutNulls(stored), jti: id, returnTo: resumeUrl(id) }
  },
})

const authorizationCodeMapping = (dependencies: ProviderAdapterDependencies): ArtifactMapping => ({
  kind: 'AuthorizationCode',
  toStored(payload) {
    const scopes = required(payload.scope).split(' ')
    const { ctx } = Provider
    const pendingRequest = ctx?.oidc.entities.Interaction
    const record: AuthorizationCodeRecord = {
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
    return { ...record }
  },
  async find() {
    throw new Error('authorization codes are redeemed by our own grant')
  },
})

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

function artifactAdapter(
  { artifacts, now }: ProviderAdapterDependencies,
  { kind, toStored, find, hasEnded = async () => false }: ArtifactMapping,
): Adapter {
  return {
    ...emptyAdapter,
    upsert: async (id, payload, expiresInSeconds) =>
      toServiceUnavailable(() =>
        artifacts.save(kind, sha256(id), toStored(payload), now() + (expiresInSeconds ?? 0)),
      ),
    find: async (id) =>
      toServiceUnavailable(async () => {
        const stored = await find(artifacts, id, now())
        return stored === undefined || (await hasEnded(stored)) ? undefined : stored
      }),
  }
}

/**
 * Sessions. A request that has read one before it ended would save it again, and a save that timed out may happen
 * later. So an ended one is kept, to expire later than whatever is saved.
 */
function sessionAdapter(dependencies: ProviderAdapterDependencies): Adapter {
  const { artifacts, now } = dependencies
  const mapping = sessionMapping(dependencies)
  const save = (id: string, data: ArtifactData, ttlSeconds = 0): Promise<void> =>
    toServiceUnavailable(() =>
      artifacts.saveLatest('Session', sha256(id), data, now() + ttlSeconds),
    )
  const adapter = artifactAdapter(dependencies, mapping)
  return {
    ...adapter,
    async find(id) {
      const found = await adapter.find(id)
      const { ctx } = Provider
      if (ctx !== undefined && found) requestStateOf(ctx).storedSession = { ...found, jti: id }
      return found
    },
    async upsert(id, payload, expiresInSeconds) {
      const { ctx } = Provider
      const stored = ctx && requestStateOf(ctx).storedSession
      if (isAsStored({ ...payload, jti: id }, stored, now())) return
      await save(id, mapping.toStored(payload), expiresInSeconds)
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
function pendingRequestAdapter(dependencies: ProviderAdapterDependencies): Adapter {
  const { endings, resumeUrl, isSignedIn } = dependencies
  const adapter = artifactAdapter(dependencies, pendingRequestMapping(resumeUrl))
  return {
    ...adapter,
    async find(id) {
      const [payload, denial] = await Promise.all([
        adapter.find(id),
        toServiceUnavailable(() => endings.findDenial(requestKeyOf(id))),
      ])
      if (!payload) return undefined
      const { ctx } = Provider
      if (denial !== undefined) {
        if (ctx !== undefined) requestStateOf(ctx).denial = denial
        return { ...payload, result: { ...toDeniedResult(payload['result'], denial) } }
      }
      const userId = completionOf(payload)?.userId
      const isOther = ctx !== undefined && userId !== undefined && !isSignedIn(ctx, userId)
      return isOther ? undefined : payload
    },
    async upsert(...parameters) {
      const { ctx } = Provider
      const isResumed = ctx !== undefined && requestStateOf(ctx).resumed !== undefined
      if (!isResumed) await adapter.upsert(...parameters)
    },
    // Kept until it expires: it may be finished again, or denied.
    destroy: nothing,
  }
}

function clientAdapter({ findClient }: ProviderAdapterDependencies): Adapter {
  return {
    ...emptyAdapter,
    find: async (clientId) =>
      toServiceUnavailable(async () => {
        const client = await findClient(clientId)
        return client === undefined ? undefined : toProviderMetadata(client)
      }),
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
