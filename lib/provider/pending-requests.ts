/**
 * Pending requests, kept as oidc-provider's interactions.
 *
 * oidc-provider remembers the session an interaction began with and refuses to resume it in another
 * one, and shows a page with a script when another user signs in. Here the browser's session is read
 * anew at every step instead, so a second tab may sign in, or switch accounts, meanwhile.
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
import type { ArtifactStore } from '../storage/storage.ts'
import type { BrowserSession } from '../users/browser-sessions.ts'
import { findSession, toBrowserSession } from './browser-sessions.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/
const ACCESS_DENIED = 'access_denied'

type Interaction = InstanceType<Provider['Interaction']>

/** Dependencies of the pending requests. */
export interface PendingRequestDependencies {
  readonly artifacts: ArtifactStore
  readonly now: () => number
  /** Creates the jar through which all cookies of a request go. */
  readonly createCookieJar: (ctx: Context) => Cookies
  /** Where the browser returns to when a pending request is done. */
  readonly resumeUrl: (pendingRequestToken: string) => string
}

/** What our pages leave with an interaction, beside what oidc-provider reads. */
interface Result {
  readonly progress?: Progress
  readonly completion?: Completion
  /** Every consent that was given on the way. */
  readonly given?: ReadonlyArray<GivenConsent>
  readonly issuedTo?: string
  /** The user's denial, as oidc-provider wants it. */
  readonly error?: string
  readonly error_description?: string
  /** Whether the client was sent that. */
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

  /** Changes what is kept. What was given, and how the request ended, always stays. */
  async function change(
    { pendingRequestToken }: PendingRequest,
    replace: (before: Result) => Result & Record<string, unknown>,
  ): Promise<Interaction> {
    const interaction = await provider.Interaction.find(pendingRequestToken)
    if (interaction === undefined)
      throw new Error('the pending request expired while it was answered')
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
        // Another answer, saved at the same moment, may have overwritten it.
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
        // Kept for a form that is submitted twice: it leads here again.
        progress,
        completion,
        ...withGiven(before, given),
        // What oidc-provider need not ask for any more.
        login: { accountId: userId, ts: currentSignIn(request)?.at },
        select_account: {},
        ...(progress.consent?.userId === userId ? { consent: progress.consent } : {}),
      }))
    },

    async recordAnswer(request) {
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

    answerUrl: ({ pendingRequestToken }) => resumeUrl(pendingRequestToken),
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
    isAnswered: ended.isDenied ? isDenialSent : issuedTo !== undefined,
  }
}

function resultOf({ result }: Interaction): Result {
  return (result ?? {}) as Result
}
