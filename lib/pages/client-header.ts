/**
 * The client, as the pages show it: picture, name and host on top, links below.
 *
 * @module
 */

import { html } from 'ghtml'
import { findLogoOrigin, isHttpsUrl } from './https-url.ts'
import { LINK_GLYPH, TEAMCAST_MARK } from './icons.ts'
import { initialOf } from './initial.ts'
import type { ClientView } from './pages.ts'

/** From here on a name is set in smaller type; the longest has 255 characters. */
const LONG_NAME_LENGTH = 60

/**
 * Renders the tiles of client and Teamcast, the page's heading, and where the browser goes next: the
 * name is what the client says of itself, the host is what we know of it.
 *
 * @param client The client.
 * @param heading HTML of the heading.
 */
export function renderClientHeader(client: ClientView, heading: string): string {
  const size = client.name.length > LONG_NAME_LENGTH ? 'long' : 'regular'
  return html`<div class="pairing" aria-hidden="true">
      !${renderClientTile(client)}
      !${LINK_GLYPH}
      <span class="tile teamcast">!${TEAMCAST_MARK}</span>
    </div>
    <div class="heading">
      <h1 class="${size}">!${heading}</h1>
      <p class="notice">You will return to <bdi class="host">${client.redirectHost}</bdi></p>
    </div>`
}

/**
 * Renders the tile of a client: its logo, or its initial where there is none.
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
 * Renders a client's name, apart from the text around it: a name in another direction must not turn
 * the sentence.
 *
 * @param client The client.
 */
export function renderClientName({ name }: Pick<ClientView, 'name'>): string {
  return html`<bdi class="client-name">${name}</bdi>`
}

/**
 * Renders the links to the client's own pages; nothing when it has none.
 *
 * @param client The client.
 */
export function renderClientLinks(client: ClientView): string {
  const links =
    renderLink(client.clientUri, 'Website') +
    renderLink(client.policyUri, 'Privacy policy') +
    renderLink(client.tosUri, 'Terms of service')
  if (links === '') return ''
  return html`<nav class="client-links" aria-labelledby="client-links-label">
      <span id="client-links-label">About this application</span>
      <ul role="list">!${links}</ul>
    </nav>`
}

/**
 * Renders a link to a page of the client's own, as an item of a list; nothing when there is no such page.
 *
 * @param url The page.
 * @param label What the link says.
 */
export function renderLink(url: string | undefined, label: string): string {
  if (url === undefined || !isHttpsUrl(url)) return ''
  return html`<li><a href="${url}" target="_blank" rel="noopener noreferrer">${label}<span class="visually-hidden"> (opens in a new tab)</span></a></li>`
}

// Browsers give an image that has no alternative text and no size of its own no room until it has
// loaded, so the initial behind shows when it does not load. So the stylesheet must not size it: it
// enlarges (nothing stays nothing) and limits.
function renderLogo(logoUrl: string | undefined): string {
  if (findLogoOrigin(logoUrl) === undefined) return ''
  return html`<img class="logo" src="${logoUrl}" alt="" decoding="async" referrerpolicy="no-referrer">`
}
