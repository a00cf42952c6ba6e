/**
 * Shows the next step of a pending request.
 *
 * @module
 */

import type { Context } from 'koa'
import { scopesOf } from '../../consent/consent.ts'
import { csrfTokenOf } from '../../http/browser-binding.ts'
import { clientViewOf, scopeViewsOf } from '../../http/page-views.ts'
import { redirectAfterGet, sendPage } from '../../http/responses.ts'
import { firstSignIn, type ShownSignIn } from '../../http/sign-in.ts'
import { currentSignIn, type SignIn } from '../../interaction/pending-request.ts'
import type { FormView } from '../../pages/pages.ts'
import type { HostSession } from '../../users/authentication.ts'
import { connectionsUrl } from '../connections/current-user.ts'
import {
  type ContinueDependencies,
  continueUrl,
  type FoundRequest,
  type InteractionContext,
} from './interaction-context.ts'

/** Shows the page of the next step, or redirects to the sign-in page of the host or to the end. */
export async function showNextStep(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
): Promise<void> {
  const { pages, hostSession } = dependencies
  const { next, consent, shown } = interaction
  const { redirectUri, uiLocales } = interaction.request
  const user = 'user' in next ? next.user : undefined
  const context = pages.contextOf(ctx, { uiLocales, user })
  const shared = { ...context, client: clientViewOf(interaction.client, redirectUri) }
  switch (next.step) {
    case 'sign-in':
      if (hostSession !== undefined) {
        await redirectToHostSignIn(dependencies, ctx, interaction, hostSession)
      } else
        await showSignIn(dependencies, ctx, interaction, firstSignIn(interaction.request.loginHint))
      break
    case 'select-account': {
      const form = formOf(dependencies, interaction, shown)
      sendPage(ctx, 200, await pages.selectAccount({ ...shared, form, user: next.user }))
      break
    }
    case 'refuse-access': {
      const { user, reason } = next
      const { userId, tenantId } = user
      const { clientId } = interaction.client
      dependencies.audit.record(
        { type: 'client.refused', clientId, userId, tenantId, reason },
        ctx.ip,
      )
      const form = formOf(dependencies, interaction, shown)
      sendPage(ctx, 403, await pages.accessRefused({ ...shared, form, user, reason }))
      break
    }
    case 'consent': {
      const granted = scopesOf(consent)
      const { scopes } = interaction.request
      const isNew = (scope: string): boolean => !granted.includes(scope)
      // When everything is already granted (prompt=consent, loopback), show all scopes.
      const asked = scopes.some(isNew) ? scopes.filter(isNew) : scopes
      const view = {
        ...shared,
        form: formOf(dependencies, interaction, shown),
        user: next.user,
        scopes: scopeViewsOf(asked, dependencies.scopes, context.language),
        grantedScopes: scopeViewsOf(
          scopes.filter((scope) => !asked.includes(scope)),
          dependencies.scopes,
          context.language,
        ),
        connectionsUrl: connectionsUrl(dependencies),
      }
      sendPage(ctx, 200, await pages.consent(view))
      break
    }
    case 'complete':
      await dependencies.pendingRequests.complete(interaction.request, next.user.userId)
      redirectAfterGet(ctx, dependencies.pendingRequests.resumeUrl(interaction.request))
      break
  }
}

/** Shows the sign-in page. */
export async function showSignIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  { status, ...state }: ShownSignIn,
): Promise<void> {
  const { pages } = dependencies
  const page = await pages.signIn({
    ...pages.contextOf(ctx, { uiLocales: found.request.uiLocales }),
    client: clientViewOf(found.client, found.request.redirectUri),
    form: formOf(dependencies, found, undefined),
    ...state,
  })
  sendPage(ctx, status, page)
}

function formOf(
  dependencies: ContinueDependencies,
  { request, bindingSecret }: FoundRequest,
  shown: SignIn | undefined,
): FormView {
  return {
    url: continueUrl(dependencies, request),
    hidden: { csrf: csrfTokenOf(bindingSecret, shown) },
  }
}

async function redirectToHostSignIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  { request }: InteractionContext,
  hostSession: HostSession,
): Promise<void> {
  const url = await hostSession.signInUrl({
    returnTo: continueUrl(dependencies, request),
    mustReauthenticate:
      request.prompts.has('login') ||
      request.progress.sessionDismissedAt !== undefined ||
      // `findUser` does not know who is signed in: otherwise the host would redirect back at once.
      currentSignIn(request) !== undefined,
    loginHint: request.loginHint,
  })
  redirectAfterGet(ctx, url)
}
