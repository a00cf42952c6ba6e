/**
 * Pending requests, stored as oidc-provider's interactions.
 *
 * oidc-provider ties an interaction to the session it began with, and shows a page with a script when another
 * user signs in. Here the session is read at every step instead, so that another tab may sign in or switch
 * accounts meanwhile.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import type { AdapterPayload, default as Provider } from 'oidc-provider'
import {
  type Completion,
  type CurrentSession,
  currentSignIn,
  type PendingRequest,
  PendingRequestExpiredError,
  type PendingRequests,
} from '../interaction/pending-request.ts'
import {
  type Denial,
  denials,
  type RequestEndings,
  redemptions,
  requestKeyOf,
  type SentResponse,
  sentResponses,
} from '../interaction/request-endings.ts'
import { PENDING_REQUEST_TTL_SECONDS } from '../lifetimes.ts'
import { findTogether } from '../storage/artifact-reader.ts'
import type { ArtifactStore } from '../storage/artifact-store.ts'
import { HINTED_USER_PARAMETER } from './authorization-request.ts'
import { toBrowserSession } from './browser-sessions.ts'
import { type StoredResult, toStoredResult } from './request-result.ts'
import {
  type OptionalParameter,
  pendingRequestRecords,
  type StoredPendingRequest,
  withoutNulls,
} from './stored-records.ts'
import type { StoredSessions } from './stored-sessions.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/

/** Dependencies of the pending requests. */
export interface PendingRequestDependencies {
  readonly artifacts: ArtifactStore
  readonly endings: Pick<RequestEndings, 'findLastRedemption' | 'gaveTokens'>
  readonly sessions: StoredSessions
  readonly now: () => number
  /** Creates the cookie jar of a request. */
  readonly createCookieJar: (ctx: Context) => Cookies
  /** The URL that resumes a completed or denied request. */
  readonly resumeUrl: (pendingRequestToken: string) => string
}

/** Creates the pending requests of a provider. */
export function createPendingRequests(
  provider: Provider,
  { artifacts, endings, sessions, now, createCookieJar, resumeUrl }: PendingRequestDependencies,
): PendingRequests {
  const { prototype } = provider.Interaction
  const { save: saveInteraction } = prototype
  prototype.save = function (ttl) {
    this.iat ??= now()
    return saveInteraction.call(this, ttl)
  }

  /** When a request expires. */
  function expiryOf({ createdAt }: PendingRequest): number {
    const expiresAt = createdAt + PENDING_REQUEST_TTL_SECONDS
    if (expiresAt <= now()) throw new PendingRequestExpiredError()
    return expiresAt
  }

  /** Replaces the result. */
  async function save(request: PendingRequest, result: StoredResult): Promise<void> {
    const expiresAt = expiryOf(request)
    const key = requestKeyOf(request.pendingRequestToken)
    const record = { ...request.records.request, result: toStoredResult(result) }
    await artifacts.save('PendingRequest', key, record, expiresAt)
  }

  return {
    async find(ctx, pendingRequestToken) {
      if (!PENDING_REQUEST_TOKEN.test(pendingRequestToken)) return undefined
      const key = requestKeyOf(pendingRequestToken)
      const sessionId = createCookieJar(ctx).get(provider.cookieName('session'))
      const found = await findTogether(
        artifacts,
        {
          request: pendingRequestRecords.named(key),
          denial: denials.named(key),
          redemption: redemptions.named(key),
          response: sentResponses.named(key),
          ...sessions.named(sessionId),
        },
        now(),
      )
      const { request, denial, response } = found
      if (request === undefined) return undefined
      const [session, redemption] = await Promise.all([
        sessions.check(sessionId, found),
        endings.findLastRedemption(key, found.redemption),
      ])
      const redeemedBy =
        redemption !== undefined && (await endings.gaveTokens(redemption))
          ? redemption.userId
          : undefined
      return {
        ...parametersOf(request),
        ...progressOf(request, denial),
        pendingRequestToken,
        session: session && currentSessionOf(session),
        createdAt: request.iat,
        ...endingOf(denial, response, redeemedBy),
        records: {
          request: { ...request },
          denial,
          session: sessionId === undefined ? undefined : { id: sessionId, data: session },
        },
      }
    },

    async saveProgress(request, progress) {
      await save(request, { progress })
    },

    async complete(request, userId) {
      const { progress } = request
      const completion: Completion = { userId, hasSignedIn: progress.signedIn !== undefined }
      const signIn = currentSignIn(request)
      if (signIn === undefined) throw new Error('a request was completed without a sign-in')
      await save(request, {
        // Kept for a form that is submitted twice.
        progress,
        completion,
        login: { accountId: userId, ts: signIn.at },
        select_account: {},
        ...(progress.consent?.userId === userId ? { consent: progress.consent } : {}),
      })
    },

    async recordResponse(request) {
      const { isDenied, completion, issuedTo = null } = request
      const response: SentResponse = isDenied
        ? { issuedTo, isDenialSent: true }
        : { issuedTo: completion?.userId ?? issuedTo, isDenialSent: false }
      const key = requestKeyOf(request.pendingRequestToken)
      await artifacts.save('SentResponse', key, { ...response }, expiryOf(request))
    },

    resumeUrl: ({ pendingRequestToken }) => resumeUrl(pendingRequestToken),
  }
}

/** What the client asked for. */
function parametersOf({
  params,
}: StoredPendingRequest): Pick<
  PendingRequest,
  | 'clientId'
  | 'scopes'
  | 'redirectUri'
  | 'prompts'
  | 'loginHint'
  | 'uiLocales'
  | 'maxAgeSeconds'
  | 'hintedUserId'
> {
  const text = (name: OptionalParameter): string | undefined =>
    (params[name] as string | null) ?? undefined
  const maxAge = text('max_age')
  return {
    clientId: params.client_id,
    scopes: params.scope.split(' '),
    redirectUri: params.redirect_uri,
    prompts: new Set(text('prompt')?.split(' ')),
    loginHint: text('login_hint'),
    uiLocales: text('ui_locales'),
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
    hintedUserId: text(HINTED_USER_PARAMETER),
  }
}

/** What the user has done, unless it was denied. */
function progressOf(
  { result }: StoredPendingRequest,
  denial: Denial | undefined,
): Pick<PendingRequest, 'progress' | 'completion'> {
  if (result === null || denial !== undefined) return { progress: {}, completion: undefined }
  const { progress = {}, completion } = withoutNulls(result) as StoredResult
  return { progress, completion }
}

/** How it ended. */
function endingOf(
  denial: Denial | undefined,
  response: SentResponse | undefined,
  redeemedBy: string | undefined,
): Pick<PendingRequest, 'issuedTo' | 'isDenied' | 'deniedBy' | 'isRedeemed' | 'isResponseSent'> {
  const issuedTo = redeemedBy ?? response?.issuedTo ?? undefined
  const isDenied = denial !== undefined
  return {
    issuedTo,
    isDenied,
    deniedBy: denial?.userId ?? undefined,
    isRedeemed: redeemedBy !== undefined,
    isResponseSent: isDenied ? (response?.isDenialSent ?? false) : issuedTo !== undefined,
  }
}

function currentSessionOf(session: AdapterPayload): CurrentSession | undefined {
  const current = toBrowserSession(session)
  return current && { ...current, authenticatedAt: current.at }
}
