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

/** Longer names use a smaller font; the longest has 255 characters. */
const LONG_NAME_LENGTH = 60

/**
 * Renders the tiles of client and Teamcast, the heading, and the host of the redirect URI: the name is chosen
 * by the client, the host is verified.
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
 * Renders a link to a page of the client as a list item; nothing without a URL.
 *
 * @param url The page.
 * @param label The text of the link.
 */
export function renderLink(url: string | undefined, label: string): string {
  if (url === undefined || !isHttpsUrl(url)) return ''
  return html`<li><a href="${url}" target="_blank" rel="noopener noreferrer">${label}<span class="visually-hidden"> (opens in a new tab)</span></a></li>`
}

// Without alternative text and size, an image takes no space until it has loaded, so the initial behind it
// shows. The stylesheet must not set its size, only scale and limit it.
function renderLogo(logoUrl: string | undefined): string {
  if (findLogoOrigin(logoUrl) === undefined) return ''
  return html`<img class="logo" src="${logoUrl}" alt="" decoding="async" referrerpolicy="no-referrer">`
}
