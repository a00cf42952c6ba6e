/**
 * The sign-in page.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { minutesOf } from './dates.ts'
import { renderButton, renderForm } from './form.ts'
import { ALERT_GLYPH } from './icons.ts'
import { renderDocument } from './layout.ts'
import type { ClientView, HtmlPage, SignInProblem, SignInView } from './pages.ts'

// The first does not reveal which of the two is wrong, and so not whether an account exists.
const PROBLEM_TEXTS: Readonly<Record<SignInProblem, string>> = {
  'invalid-credentials': 'The email address or the password is wrong. Check both and try again.',
  'too-many-attempts': 'Too many failed attempts.',
  'user-unavailable': 'This account cannot sign in. Ask your administrator.',
}

/**
 * Renders the sign-in page.
 *
 * @param view The data of the page.
 */
export function renderSignInPage(view: SignInView): HtmlPage {
  const { client, form, problem } = view
  const cancel = renderForm(form, renderButton('quiet', 'cancel', 'Cancel'))
  return renderDocument({
    title: problem === undefined ? 'Sign in' : 'Error: Sign in',
    logoUrls: [client?.logoUrl],
    content: html`!${renderHeader(client)}
      <div class="actions stacked">
        !${renderForm(form, renderFields(view))}
        !${client === undefined ? '' : cancel}
      </div>
      !${client === undefined ? '' : renderClientLinks(client)}`,
  })
}

function renderHeader(client: ClientView | undefined): string {
  if (client === undefined) {
    return html`<div class="heading">
        <h1>Sign in to your account</h1>
        <p class="notice">To see which applications are connected to it</p>
      </div>`
  }
  return renderClientHeader(client, html`Sign in to continue to !${renderClientName(client)}`)
}

function renderFields(view: SignInView): string {
  const { username, problem } = view
  const focus = username === '' ? 'username' : 'password'
  const state = renderFieldState(problem)
  return html`!${renderProblem(view)}
    <div class="field">
      <label for="username">Email address</label>
      <input id="username" name="username" type="text" inputmode="email" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required!${state}!${focus === 'username' ? ' autofocus' : ''}>
    </div>
    <div class="field">
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required!${state}!${focus === 'password' ? ' autofocus' : ''}>
    </div>
    !${renderButton('primary', 'sign-in', 'Sign in')}`
}

function renderProblem({ problem, retryAfterSeconds }: SignInView): string {
  if (problem === undefined) return ''
  const wait =
    retryAfterSeconds === undefined ? '' : ` Try again in ${minutesOf(retryAfterSeconds)}.`
  return html`<p id="problem" class="problem" role="alert">!${ALERT_GLYPH}<span>${PROBLEM_TEXTS[problem]}${wait}</span></p>`
}

function renderFieldState(problem: SignInProblem | undefined): string {
  if (problem === undefined) return ''
  const invalid = problem === 'invalid-credentials' ? ' aria-invalid="true"' : ''
  return `${invalid} aria-describedby="problem"`
}
