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
import type { default as Provider } from 'oidc-provider'
import {
  type Completion,
  currentSignIn,
  type PendingRequest,
  PendingRequestExpiredError,
  type PendingRequests,
  type Progress,
  type SignIn,
} from '../interaction/pending-request.ts'
import { type Denial, type RequestEndings, requestKeyOf } from '../interaction/request-endings.ts'
import * as shape from '../storage/result-shape.ts'
import type { BrowserSession } from '../users/browser-sessions.ts'
import { HINTED_USER_PARAMETER } from './authorization-request.ts'
import { findSession, toBrowserSession } from './browser-sessions.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/

type Interaction = InstanceType<Provider['Interaction']>

/** Dependencies of the pending requests. */
export interface PendingRequestDependencies {
  readonly endings: Pick<RequestEndings, 'findRedemption' | 'gaveTokens'>
  readonly now: () => number
  /** Creates the cookie jar of a request. */
  readonly createCookieJar: (ctx: Context) => Cookies
  /** The URL that resumes a completed or denied request. */
  readonly resumeUrl: (pendingRequestToken: string) => string
}

/** The members of an interaction's result. */
interface StoredResult {
  readonly progress?: Progress
  readonly completion?: Completion
  readonly issuedTo?: string
  /** Whether the denial was sent to the client. */
  readonly isDenialSent?: boolean
  // What oidc-provider reads: these prompts are done.
  readonly login?: { readonly accountId: string; readonly ts: number }
  readonly select_account?: Record<string, unknown>
  readonly consent?: Record<string, unknown>
}

type Result = StoredResult & Partial<DeniedResult>
type Shapes<Value> = Readonly<Record<keyof Value, shape.Shape>>

const signInShapes: Shapes<SignIn> = {
  userId: shape.nonEmptyString,
  at: shape.number,
  sessionId: shape.orNull(shape.nonEmptyString),
}
const consentShape = shape.record<NonNullable<Progress['consent']>>({
  userId: shape.nonEmptyString,
  scopes: shape.arrayOf(shape.nonEmptyString),
})
const progressShapes: Shapes<Progress> = {
  signedIn: shape.orNull(shape.record<SignIn>(signInShapes)),
  chosenUserId: shape.orNull(shape.nonEmptyString),
  mustConfirmAccount: shape.orNull(shape.boolean),
  sessionDismissedAt: shape.orNull(shape.number),
  consent: shape.orNull(consentShape),
}
const resultShapes: Shapes<StoredResult> = {
  progress: shape.record<Progress>(progressShapes),
  completion: shape.orNull(
    shape.record<Completion>({ userId: shape.nonEmptyString, hasSignedIn: shape.boolean }),
  ),
  issuedTo: shape.orNull(shape.nonEmptyString),
  isDenialSent: shape.orNull(shape.boolean),
  login: shape.orNull(
    shape.record<NonNullable<StoredResult['login']>>({
      accountId: shape.nonEmptyString,
      ts: shape.number,
    }),
  ),
  select_account: shape.orNull(shape.object),
  consent: shape.orNull(consentShape),
}

/** The shape of a result as it is stored. */
export const resultShape: shape.Shape = shape.record<StoredResult>(resultShapes)

/** Converts a result for the store: members that are absent become `null`. */
export function toStoredResult(result: object): object {
  const { progress = {} } = result as StoredResult
  const { signedIn } = progress
  return withNulls(resultShapes, {
    ...result,
    progress: withNulls(progressShapes, {
      ...progress,
      signedIn: signedIn && withNulls(signInShapes, signedIn),
    }),
  })
}

/** The members that have a shape. */
function withNulls(shapes: object, record: object): object {
  return Object.fromEntries(
    Object.keys(shapes).map((name) => [name, Reflect.get(record, name) ?? null]),
  )
}

/** A denial in the form that oidc-provider expects. Not stored with the interaction. */
export interface DeniedResult {
  readonly error: string
  readonly error_description: string
  readonly deniedBy: string | undefined
}

/** The result of an interaction that was denied: of what came before, only what was sent to the client counts. */
export function toDeniedResult(
  result: unknown,
  { reason, userId }: Denial,
): DeniedResult & Pick<StoredResult, 'issuedTo' | 'isDenialSent'> {
  const { issuedTo, isDenialSent } = (result ?? {}) as Result
  const denial = {
    error: 'access_denied',
    error_description: reason,
    deniedBy: userId ?? undefined,
  }
  return {
    ...denial,
    ...(issuedTo === undefined ? {} : { issuedTo }),
    ...(isDenialSent === undefined ? {} : { isDenialSent }),
  }
}

/** The completion of an interaction: oidc-provider signs its user in. */
export function completionOf({ result }: { readonly result?: unknown }): Completion | undefined {
  return ((result ?? {}) as Result).completion
}

/** Creates the pending requests of a provider. */
export function createPendingRequests(
  provider: Provider,
  { endings, now, createCookieJar, resumeUrl }: PendingRequestDependencies,
): PendingRequests {
  const { prototype } = provider.Interaction
  const { save } = prototype
  prototype.save = function (ttl) {
    this.iat ??= now()
    return save.call(this, ttl)
  }

  /** Replaces the result. What was sent to the client stays. */
  async function change(
    { pendingRequestToken }: PendingRequest,
    replace: (before: StoredResult) => StoredResult,
  ): Promise<void> {
    const interaction = await provider.Interaction.find(pendingRequestToken)
    if (interaction === undefined) throw new PendingRequestExpiredError()
    // The denial has its own record.
    const { error, error_description, deniedBy, ...before } = resultOf(interaction)
    const { issuedTo, isDenialSent } = before
    interaction.result = { issuedTo, isDenialSent, ...replace(before) }
    await interaction.persist()
  }

  return {
    async find(ctx, pendingRequestToken) {
      if (!PENDING_REQUEST_TOKEN.test(pendingRequestToken)) return undefined
      const [interaction, session, redemption] = await Promise.all([
        provider.Interaction.find(pendingRequestToken),
        findSession(provider, createCookieJar(ctx)),
        endings.findRedemption(requestKeyOf(pendingRequestToken)),
      ])
      if (interaction === undefined) return undefined
      const redeemedBy =
        redemption !== undefined && (await endings.gaveTokens(redemption))
          ? redemption.userId
          : undefined
      return toPendingRequest(interaction, session && toBrowserSession(session), redeemedBy)
    },

    async saveProgress(request, progress) {
      await change(request, () => ({ progress }))
    },

    async complete(request, userId) {
      const { progress } = request
      const completion: Completion = { userId, hasSignedIn: progress.signedIn !== undefined }
      const signIn = currentSignIn(request)
      if (signIn === undefined) throw new Error('a request was completed without a sign-in')
      await change(request, () => ({
        // Kept for a form that is submitted twice.
        progress,
        completion,
        login: { accountId: userId, ts: signIn.at },
        select_account: {},
        ...(progress.consent?.userId === userId ? { consent: progress.consent } : {}),
      }))
    },

    async recordResponse(request) {
      const { isDenied, completion } = request
      await change(request, (before) => ({
        ...before,
        ...(isDenied ? { isDenialSent: true } : completion && { issuedTo: completion.userId }),
      }))
    },

    resumeUrl: ({ pendingRequestToken }) => resumeUrl(pendingRequestToken),
  }
}

function toPendingRequest(
  interaction: Interaction,
  session: BrowserSession | undefined,
  redeemedBy: string | undefined,
): PendingRequest {
  const { params } = interaction
  const text = (name: string): string | undefined => params[name] as string | undefined
  const maxAge = text('max_age')
  const {
    progress = {},
    completion,
    error,
    deniedBy,
    isDenialSent = false,
    ...sent
  } = resultOf(interaction)
  const issuedTo = redeemedBy ?? sent.issuedTo
  const isDenied = error !== undefined
  return {
    pendingRequestToken: interaction.uid,
    clientId: text('client_id') ?? '',
    scopes: (text('scope') ?? '').split(' '),
    redirectUri: text('redirect_uri') ?? '',
    prompts: new Set(text('prompt')?.split(' ')),
    loginHint: text('login_hint'),
    uiLocales: text('ui_locales'),
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
    hintedUserId: text(HINTED_USER_PARAMETER),
    session: session && { ...session, authenticatedAt: session.at },
    createdAt: interaction.iat,
    progress,
    completion,
    issuedTo,
    isDenied,
    deniedBy,
    isRedeemed: redeemedBy !== undefined,
    isResponseSent: isDenied ? isDenialSent : issuedTo !== undefined,
  }
}

function resultOf({ result }: Interaction): Result {
  return (result ?? {}) as Result
}
