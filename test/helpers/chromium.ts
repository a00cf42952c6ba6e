/**
 * A real browser for tests: Chromium without a window, whose shell takes half the CPU of the whole. It needs
 * Debian's `chromium-headless-shell` (`npm run setup:tests`).
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
  // Sites that are siblings; each is on this machine.
  '--host-resolver-rules=MAP *.corp.example 127.0.0.1',
]

// What the media features of pages say: a mouse is what is used, and there may be a finger, too. The shell
// knows of no device by itself.
const POINTERS = {
  laptop:
    '--blink-settings=primaryPointerType=4,primaryHoverType=2,availablePointerTypes=4,availableHoverTypes=2',
  'with-touch-screen':
    '--blink-settings=primaryPointerType=4,primaryHoverType=2,availablePointerTypes=6,availableHoverTypes=2',
}

/** How long to wait for something on a page, however busy the machine is. */
export const PATIENCE_MILLISECONDS = 120_000

/**
 * Launches headless Chromium. Launch one per test file, give each test its own context
 * (`browser.newContext()`: own cookies), and close it in `test.after.always`.
 *
 * @param machine What it runs on: `laptop` by default, or one `with-touch-screen`.
 */
export async function launchChromium(machine: keyof typeof POINTERS = 'laptop'): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium-headless-shell',
    args: [...ARGUMENTS, POINTERS[machine]],
    timeout: PATIENCE_MILLISECONDS,
  })
}
