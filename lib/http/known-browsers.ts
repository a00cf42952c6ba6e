/**
 * Browsers that signed in to an account before, so that failures of somebody else at the same address do
 * not lock its owner out.
 *
 * Each has a cookie with one entry per account. An entry proves that a browser which holds it, or one it
 * was taken from, has signed in to this very account. It proves nothing about any other account, and it
 * signs nobody in: it only has failures with this account counted by themselves.
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

/** When it expires, which one it is, and what proves both for one account. */
const ENTRY = /^([0-9a-z]{1,9})-([\w-]{22})-([\w-]{43})$/

/** Recognises browsers that signed in before. */
export interface KnownBrowsers {
  /**
   * Whether the browser of a request signed in to an account before.
   *
   * @param account The user name that was typed, in the spelling that it is counted by.
   *
   * @returns A name for the browser and the account together; `undefined` when it did not.
   */
  find(ctx: Context, account: string): string | undefined
  /** Remembers that it did, for {@link KNOWN_BROWSER_TTL_SECONDS}: the last five accounts. */
  remember(ctx: Context, account: string): void
}

/** Dependencies of known browsers. */
export interface KnownBrowsersDependencies {
  /** Put before the cookie's name. */
  readonly namePrefix: string
  readonly createCookieJar: (ctx: Context) => Cookies
  /** The first one signs entries, all verify them. */
  readonly cookieKeys: () => ReadonlyArray<string>
  readonly now: () => number
}

/** Creates what recognises browsers. */
export function createKnownBrowsers({
  namePrefix,
  createCookieJar,
  cookieKeys,
  now,
}: KnownBrowsersDependencies): KnownBrowsers {
  const name = `${namePrefix}oauth_known`

  /** The entries of a request that have not expired. There may be several cookies of the name. */
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
