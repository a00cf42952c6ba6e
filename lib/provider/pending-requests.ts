/**
 * Pending requests, kept as oidc-provider's interactions.
 *
 * oidc-provider remembers the session an interaction began with and refuses to resume it in another
 * one, and shows a page with a script when another user signs in. Here the browser's session is read
 * anew at every step instead, so a second tab may sign in, or switch accounts, meanwhile.
 *
 * @module
 */

import type { default as Provider } from 'oidc-provider'
import type { PendingRequest, PendingRequests, Progress } from '../interaction/pending-request.ts'

const PENDING_REQUEST_TOKEN = /^[\w-]{16,64}$/

type Interaction = InstanceType<Provider['Interaction']>

/** Makes the pending requests of a provider. */
export function createPendingRequests(provider: Provider): PendingRequests {
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
        provider.Session.get(ctx),
      ])
      return interaction && toPendingRequest(interaction, session.accountId)
    },

    async saveProgress(request, progress) {
      const interaction = await load(request)
      interaction.result = { progress }
      await interaction.persist()
    },

    async complete(ctx, request, userId) {
      const { signedInUserId, isAccountChosen, consentedScopes } = request.progress
      const [interaction, session] = await Promise.all([load(request), provider.Session.get(ctx)])
      const isSessionOfUser = session.accountId === userId
      if (session.accountId !== undefined && !isSessionOfUser) await session.destroy()
      const hasSignedIn = signedInUserId !== undefined || !isSessionOfUser
      interaction.result = {
        ...(hasSignedIn ? { login: { accountId: userId } } : {}),
        ...(hasSignedIn || isAccountChosen === true ? { select_account: {} } : {}),
        ...(consentedScopes === undefined ? {} : { consent: { scopes: consentedScopes } }),
      }
      await interaction.persist()
      return interaction.returnTo
    },

    async deny(request, reason) {
      const interaction = await load(request)
      interaction.result = { error: 'access_denied', error_description: reason }
      await interaction.persist()
      return interaction.returnTo
    },
  }
}

function toPendingRequest(
  interaction: Interaction,
  sessionUserId: string | undefined,
): PendingRequest {
  const { params } = interaction
  const text = (name: string): string | undefined => params[name] as string | undefined
  const { progress } = (interaction.result ?? {}) as { readonly progress?: Progress }
  return {
    pendingRequestToken: interaction.uid,
    clientId: text('client_id') ?? '',
    scopes: (text('scope') ?? '').split(' '),
    redirectUri: text('redirect_uri') ?? '',
    prompts: new Set(text('prompt')?.split(' ')),
    loginHint: text('login_hint'),
    sessionUserId,
    createdAt: interaction.iat,
    progress: progress ?? {},
  }
}
