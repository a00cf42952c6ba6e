/**
 * Forms and their buttons.
 *
 * A page with several actions has a form for each. So the Enter key submits the form of the field, other
 * actions do not require filled fields, and an abandoned password is not sent.
 *
 * @module
 */

import { html } from 'ghtml'
import type { FormView } from './pages.ts'

/** The emphasis of a button: at most one `primary` per page. */
export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger'

/**
 * Renders a form that posts a view's hidden fields.
 *
 * @param form Its URL and hidden fields.
 * @param content HTML of its fields and buttons.
 */
export function renderForm(form: FormView, content: string): string {
  const hidden = Object.entries(form.hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="${form.url}">!${hidden}!${content}</form>`
}

/**
 * Renders a submit button.
 *
 * @param kind Its emphasis.
 * @param action Value of the field `action`.
 * @param label The text of the button.
 */
export function renderButton(kind: ButtonKind, action: string, label: string): string {
  return html`<button class="button ${kind}" name="action" value="${action}">${label}</button>`
}
