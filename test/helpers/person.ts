/**
 * What a person does and sees in Chromium.
 *
 * @module
 */

import type { ExecutionContext } from 'ava'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { findContrastViolations, findViolations } from './accessibility.ts'
import { PATIENCE_MILLISECONDS } from './chromium.ts'

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
export const PHONE: BrowserContextOptions = {
  viewport: { width: 375, height: 740 },
  hasTouch: true,
  isMobile: true,
}

// ————— what a person does —————

/** Presses a button. */
export async function press(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button }).click()
}

/** Presses the Tab key until an element has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let tabs = 0; tabs < 100; tabs += 1) {
    await page.keyboard.press('Tab')
    if (await target.evaluate((element) => element === document.activeElement)) return
  }
  throw new Error(`the Tab key does not lead to ${target}`)
}

// ————— what a person sees —————

/** Waits for the heading of a page. */
export async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

/** Waits for a notice. */
export async function notice(page: Page, text: string): Promise<void> {
  await page.getByRole('status').getByText(text).waitFor()
}

/** Asserts that axe finds nothing, in light and in dark mode, and that nothing is cut off. */
export async function assertAccessible(t: ExecutionContext, page: Page): Promise<void> {
  t.deepEqual(await findViolations(page), [], await page.title())
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
  await page.emulateMedia({ colorScheme: isDark ? 'light' : 'dark' })
  t.deepEqual(await findContrastViolations(page), [], await page.title())
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
  const widths = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return { scrollWidth, clientWidth }
  })
  t.is(widths.scrollWidth, widths.clientWidth, await page.title())
}

/** A tab in a context of its own. */
export interface Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors and warnings of the console, and requests that left this machine. */
  readonly complaints: ReadonlyArray<string>
}

/** Opens a tab in a context of its own. */
export async function openTab(
  t: ExecutionContext,
  browser: Browser,
  options: BrowserContextOptions,
): Promise<Tab> {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' })
  context.setDefaultTimeout(PATIENCE_MILLISECONDS)
  t.teardown(() => context.close())
  const complaints: Array<string> = []
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    const isLocal = protocol === 'data:' || ['localhost', '127.0.0.1'].includes(hostname)
    if (!isLocal) complaints.push(`request: ${request.url()}`)
  })
  return { page: await context.newPage(), context, complaints }
}
