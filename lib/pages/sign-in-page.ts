/**
 * The sign-in page.
 *
 * @module
 */

import { html } from 'ghtml'
import { fillText } from '../util/placeholders.ts'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { durationOf } from './dates.ts'
import { renderButton, renderForm } from './form.ts'
import { ALERT_GLYPH } from './icons.ts'
import { fill, type Messages } from './languages/messages.ts'
import { renderDocument } from './layout.ts'
import type { HtmlPage, SignInProblem, SignInView } from './pages.ts'

/**
 * Renders the sign-in page.
 *
 * @param view The data of the page.
 */
export function renderSignInPage(view: SignInView): HtmlPage {
  const { brand, language, client, form, problem } = view
  const { messages } = language
  const title = messages.signIn
  const cancel = renderForm(form, renderButton('quiet', 'cancel', messages.cancel))
  return renderDocument({
    ...{ brand, language },
    title: problem === undefined ? title : fillText(messages.errorTitle, { title }),
    logoUrls: [client?.logoUrl],
    content: html`!${renderHeader(view)}
      <div class="actions stacked">
        !${renderForm(form, renderFields(view))}
        !${client === undefined ? '' : cancel}
      </div>
      !${renderAccountLink('create-account', brand.links.createAccount, messages.createAccount)}
      !${client === undefined ? '' : renderClientLinks(client, messages)}`,
  })
}

function renderHeader(view: SignInView): string {
  const { client, language } = view
  const { messages } = language
  if (client === undefined) {
    return html`<div class="heading">
        <h1>${messages.signInToAccount}</h1>
        <p class="notice">${messages.signInReason}</p>
      </div>`
  }
  const heading = fill(messages.signInHeading, { client: renderClientName(client) })
  return renderClientHeader({ ...view, client }, heading)
}

function renderFields(view: SignInView): string {
  const { brand, language, username, problem } = view
  const { messages } = language
  const focus = username === '' ? 'username' : 'password'
  const state = renderFieldState(problem)
  return html`!${renderProblem(view)}
    <div class="field">
      <label for="username">${messages.emailAddress}</label>
      <input id="username" name="username" type="text" inputmode="email" dir="auto" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required!${state}!${focus === 'username' ? ' autofocus' : ''}>
    </div>
    <div class="field">
      <label for="password">${messages.password}</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required!${state}!${focus === 'password' ? ' autofocus' : ''}>
      !${renderAccountLink('forgot-password', brand.links.forgotPassword, messages.forgotPassword)}
    </div>
    !${renderButton('primary', 'sign-in', messages.signIn)}`
}

function renderAccountLink(className: string, url: string | undefined, label: string): string {
  return url === undefined ? '' : html`<a class="${className}" href="${url}">${label}</a>`
}

function renderProblem({ language, problem, retryAfterSeconds }: SignInView): string {
  if (problem === undefined) return ''
  const text = PROBLEM_TEXTS[problem](language.messages)
  const wait =
    retryAfterSeconds === undefined
      ? ''
      : ` ${fillText(language.messages.tryAgainIn, { duration: durationOf(retryAfterSeconds, language) })}`
  return html`<p id="problem" class="problem" role="alert">!${ALERT_GLYPH}<span>${text}${wait}</span></p>`
}

const PROBLEM_TEXTS: Readonly<Record<SignInProblem, (messages: Messages) => string>> = {
  'invalid-credentials': ({ wrongCredentials }) => wrongCredentials,
  'too-many-attempts': ({ tooManyAttempts }) => tooManyAttempts,
  'user-unavailable': ({ accountUnavailable }) => accountUnavailable,
}

function renderFieldState(problem: SignInProblem | undefined): string {
  if (problem === undefined) return ''
  const invalid = problem === 'invalid-credentials' ? ' aria-invalid="true"' : ''
  return `${invalid} aria-describedby="problem"`
}
