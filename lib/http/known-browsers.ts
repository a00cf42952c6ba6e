/**
 * Browsers that have signed in to an account before, so that failures of others at the same address do not
 * lock out its owner.
 *
 * A cookie has an entry for each account. An entry proves that this browser, or one it was stolen from,
 * has signed in to the account. It signs nobody in: failures with the account are counted separately.
 *
 * @see [OWASP: device cookies](https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies)
 *
 * @module
 */

import { createHmac, randomBytes } from 'node:crypto'
import type Cookies from 'cookies'
import type { Context } from 'koa'
import { KNOWN_BROWSER_TTL_SECONDS } from '../lifetimes.ts'
import { equalsInConstantTime } from '../util/sha256.ts'
import { cookieValuesOf } from './cookies.ts'

const MAXIMUM_ACCOUNTS = 5
const ENTRY_ID_BYTES = 16

/** Expiry, id and MAC. */
const ENTRY = /^([0-9a-z]{1,9})-([\w-]{22})-([\w-]{43})$/

/** Recognises known browsers. */
export interface KnownBrowsers {
  /**
   * Finds the entry of an account.
   *
   * @param account The normalized user name.
   *
   * @returns An id of browser and account; `undefined` when the browser has not signed in before.
   */
  find(ctx: Context, account: string): string | undefined
  /** Adds an entry for {@link KNOWN_BROWSER_TTL_SECONDS}. A browser has entries for the last five accounts. */
  remember(ctx: Context, account: string): void
}

/** Dependencies of known browsers. */
export interface KnownBrowsersDependencies {
  /** Prefix of the cookie name. */
  readonly namePrefix: string
  readonly createCookieJar: (ctx: Context) => Cookies
  /** The first one signs entries, all verify them. */
  readonly cookieKeys: () => ReadonlyArray<string>
  readonly now: () => number
}

/** Creates the known browsers of a server. */
export function createKnownBrowsers({
  namePrefix,
  createCookieJar,
  cookieKeys,
  now,
}: KnownBrowsersDependencies): KnownBrowsers {
  const name = `${namePrefix}oauth_known`

  /** The entries of a request that have not expired, from all cookies of the name. */
  function entriesOf(ctx: Context): ReadonlyArray<string> {
    return cookieValuesOf(ctx, name)
      .flatMap((value) => value.split('.'))
      .filter((entry) => Number.parseInt(ENTRY.exec(entry)?.[1] ?? '0', 36) > now())
  }

  function isFor(account: string, entry: string): boolean {
    const [, expiresAt = '', id = '', proof = ''] = ENTRY.exec(entry) ?? []
    return cookieKeys().some((key) =>
      equalsInConstantTime(proof, prove(key, expiresAt, id, account)),
    )
  }

  return {
    find: (ctx, account) => entriesOf(ctx).find((entry) => isFor(account, entry)),

    remember(ctx, account) {
      const expiresAt = (now() + KNOWN_BROWSER_TTL_SECONDS).toString(36)
      const id = randomBytes(ENTRY_ID_BYTES).toString('base64url')
      const entry = [expiresAt, id, prove(cookieKeys()[0] as string, expiresAt, id, account)].join(
        '-',
      )
      const others = entriesOf(ctx).filter((other) => !isFor(account, other))
      const value = [entry, ...others].slice(0, MAXIMUM_ACCOUNTS).join('.')
      const maxAge = KNOWN_BROWSER_TTL_SECONDS * 1000
      const options = { signed: false, httpOnly: true, overwrite: true, maxAge } as const
      createCookieJar(ctx).set(name, value, options)
    },
  }
}

function prove(key: string, expiresAt: string, id: string, account: string): string {
  const claim = `known-browser\0${expiresAt}\0${id}\0${account}`
  return createHmac('sha256', key).update(claim).digest('base64url')
}
