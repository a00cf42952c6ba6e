/**
 * Signs a SuperAdmin in with the token.
 *
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { html } from 'ghtml'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { renderTextField } from './fields.ts'
import { renderForm } from './parts.ts'
import { LIST_PATH, SIGN_IN_PATH } from './paths.ts'
import type { AdminPage } from './request.ts'

/** The data of the sign-in page. */
export interface SignInView {
  readonly formToken: string
  /** Location after the sign-in. */
  readonly next: string
  /** Why the user must sign in again: the session has ended, or the token was wrong, maybe once too often. */
  readonly cause: 'ended' | WrongToken | undefined
}

/** A wrong token: whether there were too many before it. */
export type WrongToken = 'wrong' | 'wrong-too-often'

const STATUS = { ended: 200, wrong: 403, 'wrong-too-often': 429 } as const

/** Creates the sign-in page. */
export function signInPage({ formToken, next, cause }: SignInView): AdminPage {
  const isWrong = cause === 'wrong' || cause === 'wrong-too-often'
  return {
    status: cause === undefined ? 200 : STATUS[cause],
    title: isWrong ? 'Error: Sign in as a SuperAdmin' : 'Sign in as a SuperAdmin',
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
  const [title, text] = CAUSES[cause]
  return html`<div class="notice failure" role="alert"><p class="title">${title}</p><p>${text}</p></div>`
}

const CAUSES = {
  ended: ['You are not signed in any more', 'What you sent was not saved. Sign in again.'],
  wrong: ['The token is wrong', 'Check it, and try again.'],
  'wrong-too-often': [
    'The token is wrong',
    'There were too many wrong tokens. Try again in 5 minutes.',
  ],
} as const

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

const WRONG_TOKENS = { points: 10, duration: 300 }

/**
 * Creates the counter of wrong tokens, in the memory of this process. Whoever sent them, more than ten in five
 * minutes are too many. The right token is never counted, so nobody can lock a SuperAdmin out.
 */
export function createWrongTokenCounter(): () => Promise<WrongToken> {
  const counter = new RateLimiterMemory(WRONG_TOKENS)
  return async () => {
    const { consumedPoints } = await counter.penalty('all')
    return consumedPoints > WRONG_TOKENS.points ? 'wrong-too-often' : 'wrong'
  }
}
