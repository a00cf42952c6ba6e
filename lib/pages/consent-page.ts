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
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
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
  const { client, form, user } = view
  const heading = html`!${renderClientName(client)} wants to access your Teamcast account`
  const switchAccount = renderButton('quiet', 'switch-account', 'Switch account')
  const buttons = html`!${renderButton('secondary', 'deny', 'Deny')}!${renderButton('primary', 'allow', 'Allow')}`
  return renderDocument({
    title: 'Allow access',
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(client, heading)}
      !${renderUserCard(user, renderForm(form, switchAccount))}
      !${renderScopeGroups(view)}
      <p class="notice">You can remove this access at any time in !${renderConnectionsLink(view)}.</p>
      <div class="actions side-by-side deliberate">!${renderForm(form, buttons)}</div>
      !${renderClientLinks(client)}`,
  })
}

function renderConnectionsLink({ connectionsUrl }: ConsentView): string {
  return html`<a href="${connectionsUrl}" target="_blank" rel="noopener noreferrer">Connected applications<span class="visually-hidden"> (opens in a new tab)</span></a>`
}

function renderScopeGroups({ scopes, grantedScopes }: ConsentView): string {
  const granted =
    grantedScopes.length === 0 ? '' : renderScopes('granted', 'Already allowed', grantedScopes)
  if (scopes.length === 0) return RECOGNITION + granted
  if (granted === '') return renderScopes('requested', 'It will be able to', scopes)
  return renderScopes('requested', 'It will also be able to', scopes) + granted
}

const RECOGNITION = html`<p class="explanation">It will be able to recognise you and your workspace.</p>`

function renderScopes(
  kind: 'requested' | 'granted',
  heading: string,
  scopes: ReadonlyArray<ScopeView>,
): string {
  return html`<section class="scopes ${kind}" aria-labelledby="${kind}-scopes">
      <h2 id="${kind}-scopes">${heading}</h2>
      !${renderGroups(scopes)}
    </section>`
}

/** Many scopes are grouped: what is sensitive would be overlooked among them. */
function renderGroups(scopes: ReadonlyArray<ScopeView>): string {
  const sensitive = scopes.filter(({ isSensitive }) => isSensitive)
  const others = scopes.filter(({ isSensitive }) => !isSensitive)
  const isGrouped = scopes.length >= MANY_SCOPES && sensitive.length > 0 && others.length > 0
  if (!isGrouped) return renderScopeList(scopes)
  return html`!${renderScopeList(others)}
      <h3>Sensitive</h3>
      !${renderScopeList(sensitive)}`
}
