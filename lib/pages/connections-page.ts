/**
 * The connections page. Disconnecting takes two steps: the first opens the confirmation.
 *
 * @module
 */

import { html } from 'ghtml'
import { fillText } from '../util/placeholders.ts'
import { renderClientName, renderClientTile, renderLinkItems } from './client-header.ts'
import { renderDate, renderLastUsed } from './dates.ts'
import { renderButton, renderForm } from './form.ts'
import { findLogoOrigin, findLogoOrigins } from './https-url.ts'
import { CHECK_GLYPH, LINK_GLYPH } from './icons.ts'
import { fill, type Messages } from './languages/messages.ts'
import { renderDocument } from './layout.ts'
import type { ConnectionsView, ConnectionView, FormView, HtmlPage, ScopeView } from './pages.ts'
import { renderScopeList } from './scope-list.ts'
import { renderUserCard } from './user-card.ts'

/**
 * Renders the connections page.
 *
 * @param view The data of the page.
 */
export function renderConnectionsPage(view: ConnectionsView): HtmlPage {
  const { brand, language, form, user, connections, disconnectedName, canSignOut } = view
  const { messages } = language
  const title = messages.connectedApplications
  const signOut = renderForm(form, renderButton('quiet', 'sign-out', messages.signOut))
  const logoUrls = connections.map(({ logoUrl }) => logoUrl)
  return renderDocument({
    ...{ brand, language },
    title: disconnectedName === undefined ? title : fillText(messages.disconnectedTitle, { title }),
    logoUrls,
    width: 'wide',
    content: html`<h1>${title}</h1>
      !${renderFlashMessage(view)}
      !${renderUserCard(user, canSignOut ? signOut : '')}
      !${connections.length === 0 ? renderEmpty(view) : renderList(view, findLogoOrigins(logoUrls))}`,
  })
}

function renderEmpty({ brand, language }: ConnectionsView): string {
  const { noConnections, noConnectionsHint } = language.messages
  return html`<div class="empty">
    <span class="tile">!${LINK_GLYPH}</span>
    <p>${noConnections}</p>
    <p class="notice">!${fill(noConnectionsHint, { brand: html`${brand.name}` })}</p>
  </div>`
}

function renderFlashMessage({ language, disconnectedName }: ConnectionsView): string {
  if (disconnectedName === undefined) return ''
  const client = renderClientName({ name: disconnectedName })
  return html`<p class="done" role="status">!${CHECK_GLYPH}<span>!${fill(language.messages.isDisconnected, { client })}</span></p>`
}

function renderList(view: ConnectionsView, logoOrigins: ReadonlyArray<string>): string {
  const items = view.connections.map((connection) => {
    const hasLogo = logoOrigins.includes(findLogoOrigin(connection.logoUrl) ?? '')
    return renderConnection(hasLogo ? connection : { ...connection, logoUrl: undefined }, view)
  })
  return html`<p class="explanation">${view.language.messages.connectionsExplanation}</p>
      <ul class="connections" role="list">!${items}</ul>`
}

function renderConnection(
  connection: ConnectionView,
  { language, form, now }: ConnectionsView,
): string {
  const { messages } = language
  const date = renderDate(connection.connectedAt, language)
  const lastUsed = renderLastUsed(connection.lastUsedAt, now, language)
  return html`<li class="connection">
        <div class="connected-client">
          !${renderClientTile(connection)}
          <div class="identity">
            <h2>!${renderClientName(connection)}</h2>
            !${renderHost(connection.clientUri)}
          </div>
        </div>
        !${renderScopes(connection.scopes, messages)}
        <p class="notice facts"><span>!${fill(messages.connectedOn, { date })} ·</span> <span>!${lastUsed}</span></p>
        !${renderLinks(connection, messages)}
        !${renderDisconnect(connection, form, messages)}
      </li>`
}

function renderHost(clientUri: string | undefined): string {
  const host = clientUri === undefined ? undefined : URL.parse(clientUri)?.host
  return host === undefined ? '' : html`<bdi class="notice">${host}</bdi>`
}

function renderScopes(scopes: ReadonlyArray<ScopeView>, messages: Messages): string {
  if (scopes.length === 0) return html`<p class="notice">${messages.noScopes}</p>`
  return html`<div class="scopes">!${renderScopeList(scopes, messages)}</div>`
}

function renderLinks(connection: ConnectionView, messages: Messages): string {
  const links = renderLinkItems(connection, messages)
  return links === '' ? '' : html`<ul class="client-links" role="list">!${links}</ul>`
}

function renderDisconnect(connection: ConnectionView, form: FormView, messages: Messages): string {
  const client = renderClientName(connection)
  const hidden = { ...form.hidden, clientId: connection.clientId }
  const button = renderButton('danger', 'disconnect', messages.disconnect)
  return html`<details class="disconnect" name="disconnect">
          <summary class="button secondary">
            <span class="when-closed">${messages.disconnect}<span class="visually-hidden"> ${connection.name}</span></span>
            <span class="when-open">${messages.keepConnected}</span>
          </summary>
          <div class="confirmation">
            <p>!${fill(messages.disconnectWarning, { client })}</p>
            !${renderForm({ ...form, hidden }, button)}
          </div>
        </details>`
}
