/**
 * Signs a SuperAdmin in with the token.
 *
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { html } from 'ghtml'
import type { FailedAttempt } from './attempts.ts'
import { renderTextField } from './fields.ts'
import { renderForm } from './parts.ts'
import { LIST_PATH, SIGN_IN_PATH } from './paths.ts'
import type { AdminPage } from './request.ts'

/** The data of the sign-in page. */
export interface SignInView {
  readonly formToken: string
  /** Location after the sign-in. */
  readonly next: string
  /** Why the user must sign in, or sign in again. */
  readonly cause: 'ended' | FailedAttempt | undefined
}

/** Creates the sign-in page. */
export function signInPage({ formToken, next, cause }: SignInView): AdminPage {
  const reason = typeof cause === 'object' ? cause.reason : undefined
  const isWrong = reason === 'unauthenticated'
  return {
    status: reason === undefined ? 200 : isWrong ? 403 : 429,
    title: reason === undefined ? 'Sign in as a SuperAdmin' : 'Error: Sign in as a SuperAdmin',
    content: html`!${renderCause(cause)}
<h1>Sign in as a SuperAdmin</h1>
<p class="lead">SuperAdmins register, change and delete the applications of partners.</p>
!${renderForm({
      action: SIGN_IN_PATH,
      formToken,
      hidden: { next },
      // The name is for password managers.
      content: html`<input name="username" autocomplete="username" value="SuperAdmin" hidden>
!${renderTextField({
        name: 'token',
        label: 'SuperAdmin token',
        help: 'The server printed it to its terminal, unless SUPER_ADMIN_TOKEN is set.',
        type: 'password',
        value: '',
        attributes: `autocomplete="current-password" autofocus${isWrong ? ' aria-invalid="true"' : ''}`,
      })}
<div class="actions"><button class="button primary">Sign in</button></div>`,
    })}`,
  }
}

function renderCause(cause: SignInView['cause']): string {
  if (cause === undefined) return ''
  const [title, text] = explain(cause)
  return html`<div class="notice failure" role="alert"><p class="title">${title}</p><p>${text}</p></div>`
}

function explain(cause: 'ended' | FailedAttempt): readonly [title: string, text: string] {
  if (cause === 'ended') {
    return ['You are not signed in any more', 'What you sent was not saved. Sign in again.']
  }
  switch (cause.reason) {
    case 'unauthenticated':
      return ['The token is wrong', 'Check it, and try again.']
    case 'too-many-attempts': {
      const minutes = Math.ceil(cause.retryAfterSeconds / 60)
      const wait = minutes === 1 ? 'a minute' : `${minutes} minutes`
      return [
        'Too many wrong tokens from your address',
        `Try again in ${wait}. Until then, no token is checked.`,
      ]
    }
    case 'address-unknown':
      return ['Your address is unknown', 'Attempts could not be counted, so no token is checked.']
  }
}

/** The location after the sign-in: only one of these pages. */
export function safeNext(next: string | null): string {
  const isOurs = next !== null && /^\/super-admin(?:[/?][\w\-./?=&%+]*)?$/.test(next)
  return isOurs ? next : LIST_PATH
}

/** Creates the check of the SuperAdmin token, in constant time. */
export function createTokenCheck(superAdminToken: string): (token: string) => boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = hash(superAdminToken)
  return (token) => timingSafeEqual(hash(token), expected)
}
