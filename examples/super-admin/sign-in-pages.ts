/**
 * The pages where a SuperAdmin signs in and out. Everything else at `/super-admin` is the authorization server's.
 *
 * @module
 */

import { html } from 'ghtml'
import type { Brand, DocumentParts } from '../layout.ts'

/** A wrong token: whether there were too many before it. */
export type WrongToken = 'wrong' | 'wrong-too-often'

/** A page with its status. */
export interface SignInPage {
  readonly status: number
  readonly parts: DocumentParts
}

/** A form of the page. */
interface SignInForm {
  readonly url: string
  readonly formToken: string
}

const STATUS = { wrong: 403, 'wrong-too-often': 429 } as const

/**
 * Creates the sign-in page.
 *
 * @param next Location after the sign-in.
 * @param problem What is wrong with the token that was sent.
 */
export function signInPage(form: SignInForm, next: string, problem?: WrongToken): SignInPage {
  const title = 'Sign in as a SuperAdmin'
  const invalid = problem === undefined ? '' : ' aria-invalid="true"'
  return pageOf(
    problem === undefined ? 200 : STATUS[problem],
    problem === undefined ? title : `Error: ${title}`,
    html`!${problem === undefined ? '' : renderProblem(problem)}
<h1>${title}</h1>
<p class="lead">SuperAdmins register, change and delete the applications of partners.</p>
!${renderForm(
      form,
      html`<input type="hidden" name="next" value="${next}">
<input name="username" autocomplete="username" value="SuperAdmin" hidden>
<div class="field"><label for="token">SuperAdmin token</label>
<p class="help" id="token-help">The server printed it to its terminal, unless SUPER_ADMIN_TOKEN is set.</p>
<input id="token" name="token" type="password" autocomplete="current-password" autofocus aria-describedby="token-help"!${invalid}></div>
<div class="actions"><button class="button primary">Sign in</button></div>`,
    )}`,
  )
}

/** Creates the page that asks whether to sign out. */
export function signOutPage(form: SignInForm): SignInPage {
  const title = 'Sign out as a SuperAdmin?'
  const button = html`<div class="actions"><button class="button primary">Sign out</button></div>`
  return pageOf(200, title, html`<h1>${title}</h1>!${renderForm(form, button)}`)
}

/** Creates the page for a form that was not sent by a page of this browser. */
export function expiredFormPage(): SignInPage {
  const title = 'This form has expired'
  const text = 'You have signed in or out since it was shown. Nothing was changed.'
  return pageOf(403, title, html`<h1>${title}</h1><p class="lead">${text}</p>`)
}

function renderForm({ url, formToken }: SignInForm, content: string): string {
  return html`<form method="post" action="${url}"><input type="hidden" name="formToken" value="${formToken}">!${content}</form>`
}

function renderProblem(problem: WrongToken): string {
  const text =
    problem === 'wrong'
      ? 'Check it, and try again.'
      : 'There were too many wrong tokens. Try again in 5 minutes.'
  return html`<div class="notice failure" role="alert"><p class="title">The token is wrong</p><p>${text}</p></div>`
}

const BRAND: Brand = {
  name: 'Teamcast',
  look: 'host',
  tagline: 'SuperAdmin',
  color: '#2f4bd6',
}

function pageOf(status: number, title: string, content: string): SignInPage {
  const parts = { brand: BRAND, title: `${title} – Teamcast SuperAdmin`, content }
  return { status, parts }
}
