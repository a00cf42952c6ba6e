/**
 * The client, as the pages show it: picture, name and host on top, links below.
 *
 * @module
 */

import { html } from 'ghtml'
import { findLogoOrigin, isHttpsUrl } from './https-url.ts'
import { LINK_GLYPH } from './icons.ts'
import { initialOf } from './initial.ts'
import { fill, type Messages } from './languages/messages.ts'
import { renderMark } from './layout.ts'
import type { ClientView, PageContext } from './pages.ts'

/** Longer names use a smaller font; the longest has 255 characters. */
const LONG_NAME_LENGTH = 60

/**
 * Renders the tiles of client and service, the heading, and the host of the redirect URI: the name is chosen
 * by the client, the host is verified.
 *
 * @param heading HTML of the heading.
 */
export function renderClientHeader(
  { brand, language, client }: PageContext & { readonly client: ClientView },
  heading: string,
): string {
  const host = html`<bdi class="host">${client.redirectHost}</bdi>`
  const size = client.name.length > LONG_NAME_LENGTH ? 'long' : 'regular'
  return html`<div class="pairing" aria-hidden="true">
      !${renderClientTile(client)}
      !${LINK_GLYPH}
      !${renderMark(brand, 'tile service')}
    </div>
    <div class="heading">
      <h1 class="${size}">!${heading}</h1>
      <p class="notice">!${fill(language.messages.returnTo, { host })}</p>
    </div>`
}

/**
 * Renders the tile of a client: its logo, or its initial without one.
 *
 * @param client The client.
 */
export function renderClientTile({ name, logoUrl }: Pick<ClientView, 'name' | 'logoUrl'>): string {
  return html`<span class="tile client" aria-hidden="true">
        <span class="initial">${initialOf(name)}</span>
        !${renderLogo(logoUrl)}
      </span>`
}

/**
 * Renders a client's name, isolated from the text direction around it.
 *
 * @param client The client.
 */
export function renderClientName({ name }: Pick<ClientView, 'name'>): string {
  return html`<bdi class="client-name">${name}</bdi>`
}

/**
 * Renders the links to the client's pages; nothing when it has none.
 *
 * @param client The client.
 */
export function renderClientLinks(client: ClientView, messages: Messages): string {
  const links = renderLinkItems(client, messages)
  if (links === '') return ''
  return html`<nav class="client-links" aria-labelledby="client-links-label">
      <span id="client-links-label">${messages.aboutApplication}</span>
      <ul role="list">!${links}</ul>
    </nav>`
}

/** Renders the links as list items. */
export function renderLinkItems(
  { clientUri, policyUri, tosUri }: Pick<ClientView, 'clientUri' | 'policyUri' | 'tosUri'>,
  messages: Messages,
): string {
  const item = (url: string | undefined, label: string): string =>
    url !== undefined && isHttpsUrl(url)
      ? html`<li>!${renderNewTabLink(url, label, messages)}</li>`
      : ''
  return (
    item(clientUri, messages.website) +
    item(policyUri, messages.privacyPolicy) +
    item(tosUri, messages.termsOfService)
  )
}

/** Renders a link that leaves the page open, and says so to those who do not see it. */
export function renderNewTabLink(url: string, label: string, { opensInNewTab }: Messages): string {
  return html`<a href="${url}" target="_blank" rel="noopener noreferrer">${label}<span class="visually-hidden"> ${opensInNewTab}</span></a>`
}

// Without alternative text and size, an image takes no space until it has loaded, so the initial behind it
// shows. The stylesheet must not set its size, only scale and limit it.
function renderLogo(logoUrl: string | undefined): string {
  if (findLogoOrigin(logoUrl) === undefined) return ''
  return html`<img class="logo" src="${logoUrl}" alt="" decoding="async" referrerpolicy="no-referrer">`
}
