/**
 * The document around every page of both applications, and its Content-Security-Policy.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { html } from 'ghtml'
import type { Context } from 'koa'
import { STYLES } from './styles.ts'

/** The application of a page. */
export interface Brand {
  readonly name: string
  /** CSS class for the colours of the page. */
  readonly look: 'host' | 'partner'
  readonly tagline: string
  /** Colour of the icon in the browser's tab. */
  readonly color: string
}

/** The content of a page. */
export interface DocumentParts {
  readonly brand: Brand
  readonly title: string
  /** HTML of the page, with its one `h1`. */
  readonly content: string
  /** The only origin that images may come from, apart from the page itself. */
  readonly imagesFrom?: string
}

const sourceOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const STYLES_SOURCE = sourceOf(STYLES)

/** Sends a page with its security headers. */
export function sendPage(ctx: Context, parts: DocumentParts): void {
  ctx.type = 'html'
  ctx.set({
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src ${STYLES_SOURCE}`,
      ['img-src data:', ...(parts.imagesFrom === undefined ? [] : [parts.imagesFrom])].join(' '),
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Cache-Control': 'no-store',
    // Under `no-referrer`, browsers would submit its forms with `Origin: null`.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  })
  ctx.body = renderDocument(parts)
}

function renderDocument({ brand, title, content }: DocumentParts): string {
  const initial = brand.name.slice(0, 1)
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${brand.color}"/><text x="16" y="23" font-family="sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="#fff">${initial}</text></svg>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>!${STYLES}</style>
</head>
<body class="${brand.look}">
<header>
<span class="mark" aria-hidden="true">${initial}</span>
<span><span class="brand">${brand.name}</span> <span class="muted">${brand.tagline}</span></span>
</header>
<main>
!${content}
</main>
</body>
</html>`
}
