/**
 * The order of the pages: what a pending request needs next.
 *
 * @module
 */

import type { AccessRefusal } from '../clients/client-access.ts'
import { needsConsent } from '../consent/consent-policy.ts'
import { exceedsMaxAge } from '../openid-connect/authentication-request.ts'
import type { User } from '../users/user.ts'
import type { PendingRequest } from './pending-request.ts'

/** The next step of a pending request. */
export type NextStep =
  | { readonly step: 'sign-in' }
  | { readonly step: 'select-account'; readonly user: User }
  | {
      readonly step: 'refuse-access'
      readonly user: User
      readonly reason: AccessRefusal | 'other-account'
    }
  | { readonly step: 'consent'; readonly user: User }
  | { readonly step: 'complete'; readonly user: User }

/**
 * Determines the next step.
 *
 * @param user The user of {@link currentSignIn}; `undefined` when nobody is signed in, or the user does
 *   not exist any more.
 * @param refusal Why the user may not continue, if so. `other-account`: `id_token_hint` names another user.
 * @param grantedScopes Scopes of the user's consent to the client.
 * @param now Seconds since the Unix epoch.
 */
export function nextStep(
  request: PendingRequest,
  user: User | undefined,
  refusal: AccessRefusal | 'other-account' | undefined,
  grantedScopes: ReadonlyArray<string>,
  now: number,
): NextStep {
  const { prompts, progress, session, maxAgeSeconds } = request
  if (user === undefined) return { step: 'sign-in' }
  const hasSignedInNow = progress.signedIn !== undefined
  if (prompts.has('select_account') && !hasSignedInNow && progress.chosenUserId !== user.userId) {
    return { step: 'select-account', user }
  }
  const mustSignIn =
    prompts.has('login') || exceedsMaxAge(session?.authenticatedAt, maxAgeSeconds, now)
  if (mustSignIn && !hasSignedInNow) return { step: 'sign-in' }
  if (refusal !== undefined) return { step: 'refuse-access', user, reason: refusal }
  const { consent } = progress
  const mustAsk = needsConsent({
    requestedScopes: request.scopes,
    grantedScopes,
    consentedScopes: consent?.userId === user.userId ? consent.scopes : undefined,
    isConsentPrompted: prompts.has('consent'),
    redirectUri: request.redirectUri,
  })
  if (mustAsk) return { step: 'consent', user }
  const isConfirmed = [progress.chosenUserId, consent?.userId].includes(user.userId)
  if (progress.mustConfirmAccount && !isConfirmed) return { step: 'select-account', user }
  return { step: 'complete', user }
}
