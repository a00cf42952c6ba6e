/**
 * The connections page. Disconnecting takes two steps: the first opens the confirmation.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientName, renderClientTile, renderLink } from './client-header.ts'
import { renderDate, renderDay } from './dates.ts'
import { renderButton, renderForm } from './form.ts'
import { findLogoOrigin, findLogoOrigins } from './https-url.ts'
import { CHECK_GLYPH, LINK_GLYPH } from './icons.ts'
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
  const { form, user, connections, disconnectedName, canSignOut } = view
  const signOut = renderForm(form, renderButton('quiet', 'sign-out', 'Sign out'))
  const logoUrls = connections.map(({ logoUrl }) => logoUrl)
  return renderDocument({
    title:
      disconnectedName === undefined
        ? 'Connected applications'
        : 'Disconnected: Connected applications',
    logoUrls,
    width: 'wide',
    content: html`<h1>Connected applications</h1>
      !${renderFlashMessage(disconnectedName)}
      !${renderUserCard(user, canSignOut ? signOut : '')}
      !${connections.length === 0 ? EMPTY : renderList(view, findLogoOrigins(logoUrls))}`,
  })
}

const EMPTY = html`<div class="empty">
    <span class="tile">!${LINK_GLYPH}</span>
    <p>No application is connected to your account.</p>
    <p class="notice">When you sign in to one with Teamcast, it appears here.</p>
  </div>`

function renderFlashMessage(disconnectedName: string | undefined): string {
  if (disconnectedName === undefined) return ''
  return html`<p class="done" role="status">!${CHECK_GLYPH}<span><bdi class="client-name">${disconnectedName}</bdi> is disconnected</span></p>`
}

function renderList(
  { form, connections, now }: ConnectionsView,
  logoOrigins: ReadonlyArray<string>,
): string {
  const items = connections.map((connection) => {
    const hasLogo = logoOrigins.includes(findLogoOrigin(connection.logoUrl) ?? '')
    return renderConnection(hasLogo ? connection : { ...connection, logoUrl: undefined }, form, now)
  })
  return html`<p class="explanation">These applications can use your account as listed, even when you’re not using them.</p>
      <ul class="connections" role="list">!${items}</ul>`
}

function renderConnection(connection: ConnectionView, form: FormView, now: number): string {
  const { connectedAt, lastUsedAt } = connection
  const lastUsed =
    lastUsedAt === undefined ? 'Not used yet' : html`Last used !${renderDay(lastUsedAt, now)}`
  return html`<li class="connection">
        <div class="connected-client">
          !${renderClientTile(connection)}
          <div class="identity">
            <h2>!${renderClientName(connection)}</h2>
            !${renderHost(connection.clientUri)}
          </div>
        </div>
        !${renderScopes(connection.scopes)}
        <p class="notice">Connected on !${renderDate(connectedAt)} · !${lastUsed}</p>
        !${renderLinks(connection)}
        !${renderDisconnect(connection, form)}
      </li>`
}

function renderHost(clientUri: string | undefined): string {
  const host = clientUri === undefined ? undefined : URL.parse(clientUri)?.host
  return host === undefined ? '' : html`<bdi class="notice">${host}</bdi>`
}

function renderScopes(scopes: ReadonlyArray<ScopeView>): string {
  if (scopes.length === 0)
    return html`<p class="notice">It can’t use your account at the moment.</p>`
  return html`<div class="scopes">!${renderScopeList(scopes)}</div>`
}

function renderLinks({ clientUri, policyUri, tosUri }: ConnectionView): string {
  const links =
    renderLink(clientUri, 'Website') +
    renderLink(policyUri, 'Privacy policy') +
    renderLink(tosUri, 'Terms of service')
  return links === '' ? '' : html`<ul class="client-links" role="list">!${links}</ul>`
}

function renderDisconnect(connection: ConnectionView, form: FormView): string {
  const hidden = { ...form.hidden, clientId: connection.clientId }
  const button = renderButton('danger', 'disconnect', 'Disconnect')
  return html`<details class="disconnect" name="disconnect">
          <summary class="button secondary">
            <span class="when-closed">Disconnect<span class="visually-hidden"> ${connection.name}</span></span>
            <span class="when-open">Keep connected</span>
          </summary>
          <div class="confirmation">
            <p>!${renderClientName(connection)} will lose its access to your account. To use it again, you will have to allow it again.</p>
            !${renderForm({ ...form, hidden }, button)}
          </div>
        </details>`
}
