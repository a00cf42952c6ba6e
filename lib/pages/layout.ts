/**
 * The document around every page, and its Content-Security-Policy.
 *
 * Nothing runs: no script, no font, no image but logos of clients. The one stylesheet is inline and
 * allowed by its hash.
 *
 * @module
 */

import { html } from 'ghtml'
import { findLogoOrigins } from './https-url.ts'
import { TEAMCAST_MARK } from './icons.ts'
import type { HtmlPage } from './pages.ts'
import { STYLES, STYLES_HASH } from './styles.ts'

/** What is particular to a page. */
export interface DocumentParts {
  /** Says what the page is for; the product's name is added. */
  readonly title: string
  /** The logos that the page shows, of those clients that have one. */
  readonly logoUrls: ReadonlyArray<string | undefined>
  /** How wide it may get; defaults to what one question needs. */
  readonly width?: 'regular' | 'wide'
  /** HTML of the page, with its one `h1`. */
  readonly content: string
}

/**
 * Renders a complete page.
 *
 * @param parts What is particular to it.
 */
export function renderDocument({
  title,
  logoUrls,
  width = 'regular',
  content,
}: DocumentParts): HtmlPage {
  return {
    html: html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} – Teamcast</title>
<style>!${STYLES}</style>
</head>
<body>
<header class="wordmark"><span class="mark">!${TEAMCAST_MARK}</span>Teamcast</header>
<main class="card ${width}">
!${content}
</main>
</body>
</html>
`,
    contentSecurityPolicy: contentSecurityPolicy(findLogoOrigins(logoUrls)),
  }
}

function contentSecurityPolicy(logoOrigins: ReadonlyArray<string>): string {
  const directives = [
    "default-src 'none'",
    `style-src '${STYLES_HASH}'`,
    logoOrigins.length === 0 ? undefined : `img-src ${logoOrigins.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return directives.filter((directive) => directive !== undefined).join('; ')
}
