/**
 * The document around every page, and its Content-Security-Policy.
 *
 * The policy allows no scripts, no fonts, and no images but the logos of the service and of clients. The inline
 * stylesheets are allowed by their hashes.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { html } from 'ghtml'
import { renderAccentStyles } from './accent-colors.ts'
import { type Brand, hasTeamcastMark } from './brand.ts'
import { findLogoOrigins } from './https-url.ts'
import { TEAMCAST_MARK } from './icons.ts'
import { initialOf } from './initial.ts'
import type { HtmlPage, PageContext } from './pages.ts'
import { STYLES, STYLES_HASH } from './styles.ts'

/** The content of a page. */
export interface DocumentParts extends PageContext {
  /** The title, without the name of the service. */
  readonly title: string
  /** The client logos on the page. */
  readonly logoUrls: ReadonlyArray<string | undefined>
  /** The maximum width; defaults to `regular`. */
  readonly width?: 'regular' | 'wide' | 'broad'
  /** A stylesheet beside that of all pages. */
  readonly styles?: string
  /** HTML of the page, with its one `h1`. */
  readonly content: string
}

/**
 * Renders a complete page.
 *
 * @param parts Its content.
 */
export function renderDocument(parts: DocumentParts): HtmlPage {
  const { brand, language, title, logoUrls, width = 'regular', content } = parts
  const accent = brand.accentColors && renderAccentStyles(brand.accentColors)
  const moreStyles = [parts.styles, accent].filter((styles) => styles !== undefined)
  return {
    html: html`<!doctype html>
<html lang="${language.tag}" dir="${language.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} &ndash; ${brand.name}</title>
<style>!${STYLES}</style>!${moreStyles.map((styles) => html`<style>!${styles}</style>`)}
</head>
<body>
<header class="wordmark">!${renderMark(brand, 'mark')}<bdi>${brand.name}</bdi></header>
<main class="card ${width}">
!${content}
</main>!${renderFooter(parts)}
</body>
</html>
`,
    contentSecurityPolicy: contentSecurityPolicy(brand, logoUrls, moreStyles),
    language: language.tag,
  }
}

/**
 * Renders the mark of the service: its logo, or its initial without one.
 *
 * @param className Its CSS classes.
 */
export function renderMark(brand: Brand, className: string): string {
  const { name, logoUrl } = brand
  if (hasTeamcastMark(brand)) return html`<span class="${className}">!${TEAMCAST_MARK}</span>`
  const initial = html`<span class="initial">${initialOf(name)}</span>`
  if (logoUrl === undefined) {
    return html`<span class="${className}" aria-hidden="true">!${initial}</span>`
  }
  return html`<span class="${className} pictured" aria-hidden="true"><img src="${logoUrl}" alt="" decoding="async" referrerpolicy="no-referrer"></span>`
}

function renderFooter({ brand, language }: PageContext): string {
  const { help, privacy } = language.messages
  const { links } = brand
  const items = [
    [links.support, help],
    [links.privacy, privacy],
  ].map(([url, label]) => (url === undefined ? '' : html`<li><a href="${url}">${label}</a></li>`))
  if (items.every((item) => item === '')) return ''
  return html`
<footer><ul role="list">!${items}</ul></footer>`
}

function contentSecurityPolicy(
  { logoUrl }: Brand,
  clientLogoUrls: ReadonlyArray<string | undefined>,
  moreStyles: ReadonlyArray<string>,
): string {
  const styles = [STYLES_HASH, ...moreStyles.map(hashOf)]
  const images = [
    ...(logoUrl?.startsWith('data:') ? ['data:'] : []),
    ...findLogoOrigins([logoUrl, ...clientLogoUrls]),
  ]
  const directives = [
    "default-src 'none'",
    `style-src ${styles.map((hash) => `'${hash}'`).join(' ')}`,
    images.length === 0 ? undefined : `img-src ${images.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return directives.filter((directive) => directive !== undefined).join('; ')
}

function hashOf(styles: string): string {
  return `sha256-${createHash('sha256').update(styles).digest('base64')}`
}
