/**
 * The form to register a client.
 *
 * @module
 */

import { html } from 'ghtml'
import type { HtmlPage } from '../pages.ts'
import { renderClientFields } from './client-fields.ts'
import {
  renderLinkButton,
  renderOwnForm,
  renderSubmitButton,
  renderSummary,
  renderSuperAdminDocument,
} from './parts.ts'
import { remarksOfIssues } from './remarks.ts'
import type { RegistrationView } from './views.ts'

/** Renders the form. */
export function renderRegistrationPage(view: RegistrationView): HtmlPage {
  const { language, urls, choices, submissionId, form, rejection } = view
  const messages = language.superAdminMessages
  const title = messages.registerClient
  const remarks =
    rejection?.kind === 'invalid' ? remarksOfIssues(rejection.issues, form, language) : []
  const content = html`!${renderClientFields({ messages, form, rejection, remarks, choices })}
<div class="actions">!${renderSubmitButton('primary', messages.register)}
!${renderLinkButton('secondary', urls.list, messages.cancel)}</div>`
  return renderSuperAdminDocument(view, {
    title,
    isRejected: rejection !== undefined,
    content: html`!${renderSummary(view, rejection, remarks)}
<h1>${title}</h1>
<p class="explanation">${messages.registrationExplanation}</p>
!${renderOwnForm(view, urls.newClient, content, { submissionId })}`,
  })
}
