/**
 * Scopes as a list of sentences. What is sensitive looks different from the rest.
 *
 * @module
 */

import { html } from 'ghtml'
import { CHECK_GLYPH, WARNING_GLYPH } from './icons.ts'
import type { ScopeView } from './pages.ts'

/**
 * Renders a list of scopes.
 *
 * @param scopes At least one.
 */
export function renderScopeList(scopes: ReadonlyArray<ScopeView>): string {
  return html`<ul role="list">!${scopes.map(renderScope)}</ul>`
}

function renderScope({ description, isSensitive }: ScopeView): string {
  if (!isSensitive) return html`<li>!${CHECK_GLYPH}<bdi>${description}</bdi></li>`
  return html`<li class="sensitive">!${WARNING_GLYPH}<span><span class="visually-hidden">Sensitive: </span><bdi>${description}</bdi></span></li>`
}
