/**
 * Scopes as a list of sentences. What is sensitive looks different from the rest.
 *
 * @module
 */

import { html } from 'ghtml'
import { CHECK_GLYPH, WARNING_GLYPH } from './icons.ts'
import type { Messages } from './languages/messages.ts'
import type { ScopeView } from './pages.ts'

/**
 * Renders a list of scopes.
 *
 * @param scopes At least one.
 */
export function renderScopeList(scopes: ReadonlyArray<ScopeView>, { sensitive }: Messages): string {
  const items = scopes.map(({ description, isSensitive }) =>
    isSensitive
      ? html`<li class="sensitive">!${WARNING_GLYPH}<span><span class="visually-hidden">${sensitive}: </span><bdi>${description}</bdi></span></li>`
      : html`<li>!${CHECK_GLYPH}<bdi>${description}</bdi></li>`,
  )
  return html`<ul role="list">!${items}</ul>`
}
