/**
 * A real browser for tests. It needs Debian's `chromium` (`npm run setup:tests`).
 *
 * @module
 */

import { type Browser, chromium } from 'playwright-core'

// Containers run tests as root, where Chromium has no sandbox; the rest keeps it off the network.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Launches headless Chromium. Launch one per test file, give each test its own context
 * (`browser.newContext()`: own cookies), and close it in `test.after.always`.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })
}
