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
  type PendingRequest,
  type PendingRequests,
  type Progress,
} from '../interaction/pending-request.ts'
import type { BrowserSession } from '../users/browser-sessions.ts'
import { findSession, toBrowserSession } from './browser-sessions.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/

type Interaction = InstanceType<Provider['Interaction']>

/** What the pending requests work with. */
export interface PendingRequestDependencies {
  readonly now: () => number
  /** Makes the jar through which all cookies of a request go. */
  readonly createCookieJar: (ctx: Context) => Cookies
}

/** What our pages leave with an interaction: for themselves, for us, and for oidc-provider. */
interface Result {
  readonly progress?: Progress
  readonly completion?: Completion
  readonly error?: string
}

/** Makes the pending requests of a provider. */
export function createPendingRequests(
  provider: Provider,
  { now, createCookieJar }: PendingRequestDependencies,
): PendingRequests {
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

  return {
    async find(ctx, pendingRequestToken) {
      if (!PENDING_REQUEST_TOKEN.test(pendingRequestToken)) return undefined
      const [interaction, session] = await Promise.all([
        provider.Interaction.find(pendingRequestToken),
        findSession(provider, createCookieJar(ctx)),
      ])
      return interaction && toPendingRequest(interaction, toBrowserSession(session))
    },

    async saveProgress(request, progress) {
      const interaction = await load(request)
      interaction.result = { progress }
      await interaction.persist()
    },

    async complete(request, userId) {
      const { progress } = request
      const interaction = await load(request)
      const completion: Completion = { userId, hasSignedIn: progress.signedIn !== undefined }
      interaction.result = {
        // Kept for a form that is submitted twice: it leads here again.
        progress,
        completion,
        // What oidc-provider need not ask for any more.
        login: { accountId: userId, ts: currentSignIn(request)?.at },
        select_account: {},
        ...(progress.consent?.userId === userId ? { consent: progress.consent } : {}),
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
  }
}

function toPendingRequest(
  interaction: Interaction,
  session: BrowserSession | undefined,
): PendingRequest {
  const { params } = interaction
  const text = (name: string): string | undefined => params[name] as string | undefined
  const { progress = {}, completion, error } = (interaction.result ?? {}) as Result
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
    isDenied: error !== undefined,
  }
}
