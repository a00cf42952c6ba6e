/**
 * The consent page.
 *
 * No button has the focus and no field can submit: the user must press Allow or Deny. Both ignore the pointer
 * at first (styles.ts), so that the second click of a double click, on the previous page or on a popup that
 * covered this one, cannot hit Allow.
 *
 * @module
 */

import { html } from 'ghtml'
import {
  renderClientHeader,
  renderClientLinks,
  renderClientName,
  renderNewTabLink,
} from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
import { fill, type Messages } from './languages/messages.ts'
import { renderDocument } from './layout.ts'
import type { ConsentView, HtmlPage, ScopeView } from './pages.ts'
import { renderScopeList } from './scope-list.ts'
import { renderUserCard } from './user-card.ts'

/** From this many scopes on, they are grouped. */
const MANY_SCOPES = 5

/**
 * Renders the consent page.
 *
 * @param view The data of the page.
 */
export function renderConsentPage(view: ConsentView): HtmlPage {
  const { brand, language, client, form, user } = view
  const { messages } = language
  const heading = fill(messages.consentHeading, {
    client: renderClientName(client),
    brand: html`${brand.name}`,
  })
  const switchAccount = renderButton('quiet', 'switch-account', messages.switchAccount)
  const buttons =
    renderButton('secondary', 'deny', messages.deny) +
    renderButton('primary', 'allow', messages.allow)
  const connections = renderNewTabLink(
    view.connectionsUrl,
    messages.connectedApplications,
    messages,
  )
  return renderDocument({
    ...{ brand, language },
    title: messages.allowAccess,
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(view, heading)}
      !${renderUserCard(user, renderForm(form, switchAccount))}
      !${renderScopeGroups(view)}
      <p class="notice">!${fill(messages.trust, { client: renderClientName(client) })} !${fill(messages.removeAccess, { connections })}</p>
      <div class="actions side-by-side deliberate">!${renderForm(form, buttons)}</div>
      !${renderClientLinks(client, messages)}`,
  })
}

function renderScopeGroups({ language, scopes, grantedScopes }: ConsentView): string {
  const { messages } = language
  const granted =
    grantedScopes.length === 0
      ? ''
      : renderScopes('granted', messages.alreadyAllowed, grantedScopes, messages)
  if (scopes.length === 0) {
    return html`<p class="explanation">${messages.recognition}</p>` + granted
  }
  const heading = granted === '' ? messages.willBeAbleTo : messages.willAlsoBeAbleTo
  return renderScopes('requested', heading, scopes, messages) + granted
}

function renderScopes(
  kind: 'requested' | 'granted',
  heading: string,
  scopes: ReadonlyArray<ScopeView>,
  messages: Messages,
): string {
  return html`<section class="scopes ${kind}" aria-labelledby="${kind}-scopes">
      <h2 id="${kind}-scopes">${heading}</h2>
      !${renderGroups(scopes, messages)}
    </section>`
}

/** Many scopes are grouped: what is sensitive would be overlooked among them. */
function renderGroups(scopes: ReadonlyArray<ScopeView>, messages: Messages): string {
  const sensitive = scopes.filter(({ isSensitive }) => isSensitive)
  const others = scopes.filter(({ isSensitive }) => !isSensitive)
  const isGrouped = scopes.length >= MANY_SCOPES && sensitive.length > 0 && others.length > 0
  if (!isGrouped) return renderScopeList(scopes, messages)
  return html`!${renderScopeList(others, messages)}
      <h3>${messages.sensitive}</h3>
      !${renderScopeList(sensitive, messages)}`
}
