/**
 * The error page, for errors that cannot be sent to the client.
 *
 * It links back to the client if that is verified. An unverified request must not influence the page.
 *
 * @module
 */

import { html } from 'ghtml'
import { fillText } from '../util/placeholders.ts'
import { ALERT_GLYPH } from './icons.ts'
import { fill } from './languages/messages.ts'
import { renderDocument } from './layout.ts'
import type { ErrorView, HtmlPage } from './pages.ts'

/**
 * Renders the error page.
 *
 * @param view The data of the page.
 */
export function renderErrorPage(view: ErrorView): HtmlPage {
  const { brand, language, kind } = view
  const { messages } = language
  const { whatHappened, whatToDo, ...texts } = messages.errors[kind]
  const title = fillText(texts.title, { brand: brand.name })
  return renderDocument({
    ...{ brand, language },
    title,
    logoUrls: [],
    content: html`<span class="tile alert">!${ALERT_GLYPH}</span>
      <h1>${title}</h1>
      <p class="explanation">${whatHappened}</p>
      <p>${whatToDo}</p>
      !${renderWayBack(view)}
      <details>
        <summary>${messages.detailsForDevelopers}</summary>
        !${renderDetails(view)}
      </details>`,
  })
}

function renderWayBack({ language, client }: ErrorView): string {
  if (client === undefined) return ''
  const label = fill(language.messages.backTo, { client: html`<bdi>${client.name}</bdi>` })
  return html`<a class="button primary" href="${client.url}"><span>!${label}</span></a>`
}

/** What developers are told is English, as in every other response. */
function renderDetails({ language, error, description }: ErrorView): string {
  const { messages } = language
  const sentence =
    description === undefined
      ? ''
      : html`<dt>${messages.description}</dt><dd><bdi lang="en">${description}</bdi></dd>`
  return html`<dl><dt>${messages.error}</dt><dd><code>${error}</code></dd>!${sentence}</dl>`
}
