/**
 * Parts that several SuperAdmin pages share.
 *
 * @module
 */

import { html } from 'ghtml'
import { fillText } from '../../util/placeholders.ts'
import { renderForm } from '../form.ts'
import { ALERT_GLYPH, CHECK_GLYPH } from '../icons.ts'
import { fill } from '../languages/messages.ts'
import type { PageLanguage } from '../languages/page-language.ts'
import { renderDocument } from '../layout.ts'
import type { HtmlPage } from '../pages.ts'
import { SUPER_ADMIN_STYLES } from './styles.ts'
import type { Rejection, Remark, SuperAdminContext } from './views.ts'

/** The content of a page. */
export interface SuperAdminDocument {
  /** The title, without the name of the service. */
  readonly title: string
  /** HTML of the page, with its one `h1`. */
  readonly content: string
  /** Whether it shows a rejected form again. */
  readonly isRejected?: boolean
  /** Whether it has a link to the list of clients. */
  readonly hasWayBack?: boolean
}

/** Renders a page for a SuperAdmin. */
export function renderSuperAdminDocument(
  context: SuperAdminContext,
  { title, content, isRejected = false, hasWayBack = true }: SuperAdminDocument,
): HtmlPage {
  const { brand, language } = context
  const { errorTitle } = language.messages
  return renderDocument({
    ...{ brand, language },
    title: isRejected ? fillText(errorTitle, { title }) : title,
    logoUrls: [],
    width: 'broad',
    styles: SUPER_ADMIN_STYLES,
    content: html`!${renderBar(context, hasWayBack)}
!${renderFlashMessage(context)}
!${content}`,
  })
}

function renderBar(
  { language, urls, superAdminId, signOutUrl }: SuperAdminContext,
  hasWayBack: boolean,
): string {
  const { superAdmin, allClients } = language.superAdminMessages
  const who =
    superAdminId === undefined
      ? html`${superAdmin}`
      : html`${superAdmin} · <bdi>${superAdminId}</bdi>`
  const back = html`<a href="${urls.list}"><span class="arrow" aria-hidden="true">←</span> ${allClients}</a>`
  const signOut = html`<a href="${signOutUrl ?? ''}">${language.messages.signOut}</a>`
  return html`<nav class="bar" aria-label="${superAdmin}">
!${hasWayBack ? back : ''}<span class="who">!${who}</span>!${signOutUrl === undefined ? '' : signOut}
</nav>`
}

function renderFlashMessage({ language, flashMessage }: SuperAdminContext): string {
  if (flashMessage === undefined) return ''
  const { kind, clientName } = flashMessage
  const client = renderQuoted(clientName, language)
  const text = fill(language.superAdminMessages.done[kind], { client })
  const isDone = kind !== 'last-secret-kept' && kind !== 'not-saved'
  return isDone
    ? html`<p class="done" role="status">!${CHECK_GLYPH}<span>!${text}</span></p>`
    : html`<p class="problem" role="alert">!${ALERT_GLYPH}<span>!${text}</span></p>`
}

/** Renders what somebody has typed, in quotation marks. */
export function renderQuoted(text: string, { superAdminMessages }: PageLanguage): string {
  return fill(superAdminMessages.quoted, { text: html`<bdi>${text}</bdi>` })
}

/** Renders the heading of a page, in a smaller font if it is long. */
export function renderHeading(heading: string): string {
  return html`<h1 class="${heading.length > 60 ? 'long' : 'regular'}"><bdi>${heading}</bdi></h1>`
}

/** Renders a form of the page. */
export function renderOwnForm(
  { csrf }: SuperAdminContext,
  url: string,
  content: string,
  hidden: Readonly<Record<string, string>> = {},
): string {
  return renderForm({ url, hidden: { csrf, ...hidden } }, content)
}

/** Renders a submit button. The URL of its form says what it does. */
export function renderSubmitButton(
  kind: 'primary' | 'secondary' | 'danger',
  label: string,
): string {
  return html`<button class="button ${kind}">${label}</button>`
}

/** Renders a link that looks like a button. */
export function renderLinkButton(
  kind: 'primary' | 'secondary' | 'risky',
  url: string,
  label: string,
): string {
  return html`<a class="button ${kind}" href="${url}">${label}</a>`
}

/**
 * Renders the summary of a rejected form, on top of the page and with the focus.
 *
 * @param advice HTML after the remarks.
 */
export function renderSummary(
  { language }: SuperAdminContext,
  rejection: Rejection | undefined,
  remarks: ReadonlyArray<Remark>,
  advice = '',
): string {
  if (rejection === undefined) return ''
  const { pleaseCorrect, changedMeanwhile } = language.superAdminMessages
  const title = rejection.kind === 'invalid' ? pleaseCorrect : changedMeanwhile
  const items = remarks.map(({ field, html: sentence }) =>
    field === undefined
      ? html`<li>!${sentence}</li>`
      : html`<li><a href="#${field}">!${sentence}</a></li>`,
  )
  const list = items.length === 0 ? '' : html`<ul class="list">!${items}</ul>`
  return html`<div class="problem summary" role="alert" tabindex="-1" autofocus>
!${ALERT_GLYPH}<div><p class="title">${title}</p>!${list}!${advice}</div></div>`
}
