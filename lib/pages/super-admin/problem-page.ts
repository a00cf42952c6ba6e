/**
 * The page for a request that is refused, or that cannot be done.
 *
 * @module
 */

import { html } from 'ghtml'
import { ALERT_GLYPH } from '../icons.ts'
import { renderDocument } from '../layout.ts'
import type { HtmlPage } from '../pages.ts'
import { renderLinkButton } from './parts.ts'
import { SUPER_ADMIN_STYLES } from './styles.ts'
import type { ProblemView } from './views.ts'

/** Renders the page. */
export function renderProblemPage({ brand, language, kind, urls }: ProblemView): HtmlPage {
  const { problems, allClients } = language.superAdminMessages
  const { title, explanation } = problems[kind]
  // The list would refuse them again.
  const hasWayBack = kind !== 'forbidden' && kind !== 'too-many-attempts'
  const wayBack = renderLinkButton('secondary', urls.list, allClients)
  return renderDocument({
    ...{ brand, language },
    title,
    logoUrls: [],
    styles: SUPER_ADMIN_STYLES,
    content: html`<span class="tile alert">!${ALERT_GLYPH}</span>
<h1>${title}</h1>
<p class="explanation">${explanation}</p>
!${hasWayBack ? html`<div class="actions">!${wayBack}</div>` : ''}`,
  })
}
