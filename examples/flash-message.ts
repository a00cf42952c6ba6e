/**
 * The notice on top of a page: what was done, and what came of it.
 *
 * @module
 */

import { html } from 'ghtml'

/** What a notice says. */
export interface FlashMessage {
  readonly kind: 'success' | 'failure'
  readonly title: string
  readonly detail?: string
}

/** Renders a notice; nothing when there is none. */
export function renderFlashMessage(notice: FlashMessage | undefined): string {
  if (notice === undefined) return ''
  const { kind, title, detail = '' } = notice
  const sentence = detail === '' ? '' : html`<p>${detail}</p>`
  return html`<div class="notice ${kind}" role="status"><p class="title">${title}</p>!${sentence}</div>`
}
