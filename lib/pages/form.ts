/**
 * Forms and their buttons.
 *
 * A page whose buttons do different things has one form for each kind of answer. So the Enter key in
 * a field can only mean that field's form, leaving the page never asks for filled fields, and a
 * password that was typed and abandoned is not sent.
 *
 * @module
 */

import { html } from 'ghtml'
import type { FormView } from './pages.ts'

/** How much a button stands out: one `primary` per page at most. */
export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger'

/**
 * Renders a form that posts a view's hidden fields.
 *
 * @param form Where it goes.
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
 * @param kind How much it stands out.
 * @param action Value of the field `action`.
 * @param label What the button says.
 */
export function renderButton(kind: ButtonKind, action: string, label: string): string {
  return html`<button class="button ${kind}" name="action" value="${action}">${label}</button>`
}
