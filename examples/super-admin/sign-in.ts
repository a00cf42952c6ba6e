/**
 * Signing in as a SuperAdmin, with the token.
 *
 * @module
 */

import { html } from 'ghtml'
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
  readonly reason: 'ended' | 'wrong-token' | undefined
}

/** Makes the sign-in page. */
export function signInPage({ formToken, next, reason }: SignInView): AdminPage {
  const isWrong = reason === 'wrong-token'
  return {
    status: isWrong ? 403 : 200,
    title: isWrong ? 'Error: Sign in as a SuperAdmin' : 'Sign in as a SuperAdmin',
    content: html`!${renderReason(reason)}
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

function renderReason(reason: SignInView['reason']): string {
  if (reason === undefined) return ''
  const [title, text] =
    reason === 'ended'
      ? ['You are not signed in any more', 'What you sent was not saved. Sign in again.']
      : ['The token is wrong', 'Check it, and try again.']
  return html`<div class="notice failure" role="alert"><p class="title">${title}</p><p>${text}</p></div>`
}

/** Where to go after signing in: one of these pages, and nothing else. */
export function safeNext(next: string | null): string {
  const isOurs = next !== null && /^\/super-admin(?:[/?][\w\-./?=&%+]*)?$/.test(next)
  return isOurs ? next : LIST_PATH
}
