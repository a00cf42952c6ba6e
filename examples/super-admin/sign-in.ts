/**
 * Signing in as a SuperAdmin, with the token.
 *
 * @module
 */

import { html } from 'ghtml'
import type { FailedAttempt } from './attempts.ts'
import { renderTextField } from './fields.ts'
import { renderForm } from './parts.ts'
import { LIST_PATH, SIGN_IN_PATH } from './paths.ts'
import type { AdminPage } from './request.ts'

/** What the sign-in page shows. */
export interface SignInView {
  readonly formToken: string
  /** Where to go afterwards. */
  readonly next: string
  /** Why the page is shown, when nobody asked for it. */
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
<p class="lead">SuperAdmins register the applications of partners, and take them away.</p>
!${renderForm({
      action: SIGN_IN_PATH,
      formToken,
      hidden: { next },
      // The name is for password managers.
      content: html`<input name="username" autocomplete="username" value="SuperAdmin" hidden>
!${renderTextField({
        name: 'token',
        label: 'SuperAdmin token',
        help: 'The terminal in which the server was started shows it, unless SUPER_ADMIN_TOKEN says it.',
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

/** Where to go after signing in: one of these pages, and nothing else. */
export function safeNext(next: string | null): string {
  const isOurs = next !== null && /^\/super-admin(?:[/?][\w\-./?=&%+]*)?$/.test(next)
  return isOurs ? next : LIST_PATH
}
