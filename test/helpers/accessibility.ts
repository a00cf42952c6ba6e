/**
 * What axe finds on pages in Chromium. It runs past their policy, which allows no script.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

const SOURCE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** What axe finds by all of its rules. */
export function findViolations(page: Page): Promise<ReadonlyArray<string>> {
  return run(page, { rules: { 'target-size': { enabled: true } } })
}

/** What axe finds after a change of the colour scheme, which changes colours only. */
export function findContrastViolations(page: Page): Promise<ReadonlyArray<string>> {
  return run(page, { runOnly: ['color-contrast'] })
}

async function run(page: Page, options: axe.RunOptions): Promise<ReadonlyArray<string>> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(SOURCE)
  const { violations } = await page.evaluate((runOptions) => axe.run(runOptions), {
    ...options,
    resultTypes: ['violations'],
  } satisfies axe.RunOptions)
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ failureSummary, html }) => `${html} ${failureSummary}`)}`,
  )
}
