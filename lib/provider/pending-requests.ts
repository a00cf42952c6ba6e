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
  currentSignIn,
  type PendingRequest,
  type PendingRequests,
  type Progress,
  type SignIn,
} from '../interaction/pending-request.ts'
import type { SignOuts } from '../users/sign-outs.ts'
import { findSession, type Session } from './browser-sessions.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/

type Interaction = InstanceType<Provider['Interaction']>

/** What the pending requests work with. */
export interface PendingRequestDependencies {
  readonly now: () => number
  /** Whether a user was signed out everywhere at an instant or since. */
  readonly wasSignedOutSince: SignOuts['wasSignedOutSince']
  /** Makes the jar through which all cookies of a request go. */
  readonly createCookieJar: (ctx: Context) => Cookies
}

/** What our pages leave with an interaction: for themselves, for us, and for oidc-provider. */
interface Result {
  readonly progress?: Progress
  /** Whom the request was completed for. */
  readonly userId?: string
  readonly login?: { readonly accountId: string; readonly ts: number }
}

/** The pending requests, and what oidc-provider needs to go on with one. */
export interface ProviderPendingRequests extends PendingRequests {
  /**
   * Called before oidc-provider goes on with one. Between the last page and now, another tab may have
   * signed somebody else in: whoever answered by signing in takes over the session, any other answer
   * was not given by the user of this session. Or the user was signed out everywhere.
   */
  prepareResume(ctx: Context, pendingRequestToken: string): Promise<void>
}

/** Makes the pending requests of a provider. */
export function createPendingRequests(
  provider: Provider,
  { now, wasSignedOutSince, createCookieJar }: PendingRequestDependencies,
): ProviderPendingRequests {
  const { prototype } = provider.Interaction
  const { save } = prototype
  prototype.save = function (ttl) {
    this.iat ??= now()
    return save.call(this, ttl)
  }
  const load = async (request: PendingRequest): Promise<Interaction> => {
    const interaction = await provider.Interaction.find(request.pendingRequestToken)
    if (interaction === undefined)
      throw new Error('the pending request expired while it was answered')
    return interaction
  }

  const hasEnded = async ({ userId, at }: SignIn): Promise<boolean> =>
    await wasSignedOutSince(userId, at)

  return {
    async find(ctx, pendingRequestToken) {
      if (!PENDING_REQUEST_TOKEN.test(pendingRequestToken)) return undefined
      const [interaction, session] = await Promise.all([
        provider.Interaction.find(pendingRequestToken),
        findSession(provider, createCookieJar(ctx)),
      ])
      if (interaction === undefined) return undefined
      const request = toPendingRequest(interaction, session)
      const { signedIn } = request.progress
      const mustBeginAgain = signedIn !== undefined && (await hasEnded(signedIn))
      return mustBeginAgain ? { ...request, progress: {} } : request
    },

    async saveProgress(request, progress) {
      const interaction = await load(request)
      interaction.result = { progress }
      await interaction.persist()
    },

    async complete(ctx, request, userId) {
      const { progress } = request
      const { signedIn, chosenUserId, consent } = progress
      const [interaction, session] = await Promise.all([
        load(request),
        findSession(provider, createCookieJar(ctx)),
      ])
      const hasSignedIn = signedIn !== undefined || session.accountId !== userId
      interaction.result = {
        // Kept for a form that is submitted twice: it leads here again.
        progress,
        userId,
        ...(hasSignedIn ? { login: { accountId: userId, ts: currentSignIn(request)?.at } } : {}),
        ...(hasSignedIn || chosenUserId === userId ? { select_account: {} } : {}),
        ...(consent?.userId === userId ? { consent } : {}),
      }
      await interaction.persist()
      return interaction.returnTo
    },

    async deny(request, reason) {
      const interaction = await load(request)
      const { progress } = request
      interaction.result = { error: 'access_denied', error_description: reason, progress }
      await interaction.persist()
      return interaction.returnTo
    },

    async prepareResume(ctx, pendingRequestToken) {
      const [interaction, session] = await Promise.all([
        provider.Interaction.find(pendingRequestToken),
        findSession(provider, createCookieJar(ctx)),
      ])
      const { userId, login } = resultOf(interaction?.result)
      if (interaction === undefined || userId === undefined) return
      const isOfOther = session.accountId !== undefined && session.accountId !== userId
      const isOver = login === undefined ? isOfOther : await hasEnded({ userId, at: login.ts })
      if (isOver) {
        interaction.result = {}
        await interaction.persist()
      } else if (isOfOther) {
        await session.destroy()
      }
    },
  }
}

function toPendingRequest(
  interaction: Interaction,
  { accountId, loginTs = 0 }: Session,
): PendingRequest {
  const { params } = interaction
  const text = (name: string): string | undefined => params[name] as string | undefined
  const { progress } = resultOf(interaction.result)
  return {
    pendingRequestToken: interaction.uid,
    clientId: text('client_id') ?? '',
    scopes: (text('scope') ?? '').split(' '),
    redirectUri: text('redirect_uri') ?? '',
    prompts: new Set(text('prompt')?.split(' ')),
    loginHint: text('login_hint'),
    session: accountId === undefined ? undefined : { userId: accountId, at: loginTs },
    createdAt: interaction.iat,
    progress: progress ?? {},
  }
}

function resultOf(result: unknown): Result {
  return (result ?? {}) as Result
}
