/**
 * The flash message on top of a page: the result of the last action.
 *
 * @module
 */

import { html } from 'ghtml'

/** A message that is shown once. */
export interface FlashMessage {
  readonly kind: 'success' | 'neutral' | 'failure'
  readonly title: string
  readonly detail?: string
}

/** Renders a flash message; nothing when there is none. */
export function renderFlashMessage(message: FlashMessage | undefined): string {
  if (message === undefined) return ''
  const { kind, title, detail = '' } = message
  const sentence = detail === '' ? '' : html`<p>${detail}</p>`
  return html`<div class="notice ${kind}" role="status"><p class="title">${title}</p>!${sentence}</div>`
}
