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
  type GivenConsent,
  type PendingRequest,
  type PendingRequests,
  type Progress,
} from '../interaction/pending-request.ts'
import { createRequestEndings, requestKeyOf } from '../interaction/request-endings.ts'
import type { ArtifactStore } from '../storage/artifact-store.ts'
import type { BrowserSession } from '../users/browser-sessions.ts'
import { findSession, toBrowserSession } from './browser-sessions.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/
const ACCESS_DENIED = 'access_denied'

type Interaction = InstanceType<Provider['Interaction']>

/** Dependencies of the pending requests. */
export interface PendingRequestDependencies {
  readonly artifacts: ArtifactStore
  readonly now: () => number
  /** Creates the cookie jar of a request. */
  readonly createCookieJar: (ctx: Context) => Cookies
  /** The URL that resumes a completed or denied request. */
  readonly resumeUrl: (pendingRequestToken: string) => string
}

/** The members of an interaction's result that our pages add. */
interface Result {
  readonly progress?: Progress
  readonly completion?: Completion
  /** Every consent granted for the request. */
  readonly given?: ReadonlyArray<GivenConsent>
  readonly issuedTo?: string
  /** The denial, in the form that oidc-provider expects. */
  readonly error?: string
  readonly error_description?: string
  /** Whether the denial was sent to the client. */
  readonly isDenialSent?: boolean
}

/** Creates the pending requests of a provider. */
export function createPendingRequests(
  provider: Provider,
  { artifacts, now, createCookieJar, resumeUrl }: PendingRequestDependencies,
): PendingRequests {
  const endings = createRequestEndings(artifacts, now)
  const { prototype } = provider.Interaction
  const { save } = prototype
  prototype.save = function (ttl) {
    this.iat ??= now()
    return save.call(this, ttl)
  }

  /** Replaces the result. Granted consents and the ending always stay. */
  async function change(
    { pendingRequestToken }: PendingRequest,
    replace: (before: Result) => Result & Record<string, unknown>,
  ): Promise<Interaction> {
    const interaction = await provider.Interaction.find(pendingRequestToken)
    if (interaction === undefined) throw new Error('the pending request expired meanwhile')
    const before = resultOf(interaction)
    const { given, issuedTo, error, error_description, isDenialSent } = before
    const kept = { given, issuedTo, error, error_description, isDenialSent }
    interaction.result = { ...kept, ...replace(before) }
    await interaction.persist()
    return interaction
  }

  const withGiven = (
    { given = [] }: Result,
    more: GivenConsent | undefined,
  ): Pick<Result, 'given'> => (more === undefined ? {} : { given: [...given, more] })

  return {
    async find(ctx, pendingRequestToken) {
      if (!PENDING_REQUEST_TOKEN.test(pendingRequestToken)) return undefined
      const [interaction, session] = await Promise.all([
        provider.Interaction.find(pendingRequestToken),
        findSession(provider, createCookieJar(ctx)),
      ])
      if (interaction === undefined) return undefined
      const requestKey = requestKeyOf(pendingRequestToken)
      const { completion, issuedTo, error } = resultOf(interaction)
      const [isDenied, redemption] = await Promise.all([
        // A concurrent update may have overwritten the error, so the denial record decides.
        error !== undefined || (completion !== undefined && endings.isDenied(requestKey)),
        issuedTo === undefined ? undefined : endings.findRedemption(requestKey),
      ])
      const ended = { isDenied, isRedeemed: redemption !== undefined }
      return toPendingRequest(interaction, toBrowserSession(session), ended)
    },

    async saveProgress(request, progress, given) {
      await change(request, (before) => ({ progress, ...withGiven(before, given) }))
    },

    async complete(request, userId, given) {
      const { progress } = request
      const completion: Completion = { userId, hasSignedIn: progress.signedIn !== undefined }
      await change(request, (before) => ({
        // Kept for a form that is submitted twice.
        progress,
        completion,
        ...withGiven(before, given),
        // For oidc-provider: these prompts are done.
        login: { accountId: userId, ts: currentSignIn(request)?.at },
        select_account: {},
        ...(progress.consent?.userId === userId ? { consent: progress.consent } : {}),
      }))
    },

    async recordResponse(request) {
      const { isDenied, completion } = request
      await change(request, (before) => ({
        ...before,
        ...(isDenied
          ? { error: ACCESS_DENIED, isDenialSent: true }
          : completion && { issuedTo: completion.userId }),
      }))
    },

    wasDenied: ({ pendingRequestToken }) => endings.isDenied(requestKeyOf(pendingRequestToken)),

    async deny(request, reason) {
      const requestKey = requestKeyOf(request.pendingRequestToken)
      const { progress } = request
      await endings.deny(requestKey)
      const denial = { error: ACCESS_DENIED, error_description: reason }
      const interaction = await change(request, () => ({ progress, ...denial }))
      return {
        consents: resultOf(interaction).given ?? [],
        redemption: await endings.findRedemption(requestKey),
      }
    },

    resumeUrl: ({ pendingRequestToken }) => resumeUrl(pendingRequestToken),
  }
}

function toPendingRequest(
  interaction: Interaction,
  session: BrowserSession | undefined,
  ended: Pick<PendingRequest, 'isDenied' | 'isRedeemed'>,
): PendingRequest {
  const { params } = interaction
  const text = (name: string): string | undefined => params[name] as string | undefined
  const { progress = {}, completion, issuedTo, isDenialSent = false } = resultOf(interaction)
  return {
    pendingRequestToken: interaction.uid,
    clientId: text('client_id') ?? '',
    scopes: (text('scope') ?? '').split(' '),
    redirectUri: text('redirect_uri') ?? '',
    prompts: new Set(text('prompt')?.split(' ')),
    loginHint: text('login_hint'),
    session,
    createdAt: interaction.iat,
    progress,
    completion,
    issuedTo,
    ...ended,
    isResponseSent: ended.isDenied ? isDenialSent : issuedTo !== undefined,
  }
}

function resultOf({ result }: Interaction): Result {
  return (result ?? {}) as Result
}
