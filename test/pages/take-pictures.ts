/**
 * Takes a picture of every page, for a person to look at before a release. Without a picture a look is a guess: axe
 * sees contrast and names, but neither what is crowded nor what is ugly.
 *
 *     npm run pictures -- <folder> [part of a name]
 *
 * @module
 */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { TEAMCAST_BRAND } from '../../lib/pages/brand.ts'
import { toPageLanguage } from '../../lib/pages/languages/page-language.ts'
import type { HtmlPage } from '../../lib/pages/pages.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { startPageServer } from './page-server.ts'
import { BRAND, renderPagesIn } from './page-views.ts'
import { renderSuperAdminPages, renderSuperAdminProblems } from './super-admin-views.ts'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#1a7f64"/><circle cx="4" cy="4" r="2" fill="#fff"/></svg>'

const DESKTOP = { width: 1280, height: 800 }
const PHONE: BrowserContextOptions = {
  ...{ viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true },
  deviceScaleFactor: 2,
}

const VARIANTS = {
  'en-desktop': ['en', TEAMCAST_BRAND, { viewport: DESKTOP }],
  'en-desktop-dark': ['en', TEAMCAST_BRAND, { viewport: DESKTOP, colorScheme: 'dark' }],
  'en-phone': ['en', TEAMCAST_BRAND, PHONE],
  'de-phone-dark': ['de', BRAND, { ...PHONE, colorScheme: 'dark' }],
  'ar-phone': ['ar', BRAND, PHONE],
  'ar-desktop': ['ar', TEAMCAST_BRAND, { viewport: DESKTOP }],
  // 1280 × 800 at 200 % (WCAG 1.4.4).
  'de-zoomed': ['de', BRAND, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
} as const

const [folder, part = ''] = process.argv.slice(2)
if (folder === undefined) throw new Error('name the folder for the pictures')

const pages = Object.fromEntries(
  Object.entries(VARIANTS).flatMap(([variant, [tag, brand]]) =>
    Object.entries(renderAll(tag, brand)).map(([name, page]) => [`${variant}+${name}`, page]),
  ),
)
await mkdir(folder, { recursive: true })
const server = await startPageServer(pages)
const browser = await launchChromium()
for (const [variant, [, , options]] of Object.entries(VARIANTS)) {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' })
  await context.route(/^https:/, (route) =>
    route.fulfill({ contentType: 'image/svg+xml', body: LOGO }),
  )
  const page = await context.newPage()
  for (const name of Object.keys(pages)) {
    if (!(name.startsWith(`${variant}+`) && name.includes(part))) continue
    await page.goto(server.url + name)
    const path = (state: string): string => join(folder, `${name}${state}.png`)
    await page.screenshot({ path: path(''), fullPage: true })
    const opened = await page.evaluate(() => {
      const closed = document.querySelectorAll<HTMLDetailsElement>('details:not([open])')
      for (const details of closed) details.open = true
      return closed.length
    })
    if (opened > 0) await page.screenshot({ path: path('-open'), fullPage: true })
  }
  await context.close()
}
await browser.close()
await server.close()

function renderAll(
  tag: 'en' | 'de' | 'ar',
  brand: typeof BRAND,
): Readonly<Record<string, HtmlPage>> {
  const context = { brand, language: toPageLanguage(tag) }
  const forSuperAdmins = {
    ...renderSuperAdminPages(undefined, context),
    ...renderSuperAdminProblems(context),
  }
  return {
    ...renderPagesIn(tag, brand),
    ...Object.fromEntries(
      Object.entries(forSuperAdmins).map(([name, page]) => [`super-admin-${name}`, page]),
    ),
  }
}
