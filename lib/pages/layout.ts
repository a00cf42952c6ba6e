/**
 * The document around every page, and its Content-Security-Policy.
 *
 * The policy allows no scripts, no fonts, and no images but client logos. The inline stylesheet is allowed by
 * its hash.
 *
 * @module
 */

import { html } from 'ghtml'
import { findLogoOrigins } from './https-url.ts'
import { TEAMCAST_MARK } from './icons.ts'
import type { HtmlPage } from './pages.ts'
import { STYLES, STYLES_HASH } from './styles.ts'

/** The content of a page. */
export interface DocumentParts {
  /** The title, without the product name. */
  readonly title: string
  /** The client logos on the page. */
  readonly logoUrls: ReadonlyArray<string | undefined>
  /** The maximum width; defaults to `regular`. */
  readonly width?: 'regular' | 'wide'
  /** HTML of the page, with its one `h1`. */
  readonly content: string
}

/**
 * Renders a complete page.
 *
 * @param parts Its content.
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
