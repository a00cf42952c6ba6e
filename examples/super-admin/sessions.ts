/**
 * The sessions of SuperAdmins.
 *
 * Every browser has a cookie with a random id, whether it is signed in or not. The CSRF token of its forms is
 * an HMAC of the id with a key of this process. Signing in changes the id, against session fixation.
 *
 * @module
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import { cookieValuesOf } from '../cookies.ts'

const COOKIE = 'teamcast_super_admin'
const SESSION_TTL_SECONDS = 8 * 60 * 60
const MAXIMUM_SESSIONS = 1000

/** The sessions of SuperAdmins. */
export interface Sessions {
  /** Whether the browser is signed in. */
  isSignedIn(ctx: Context): boolean
  /** Signs the browser in. */
  begin(ctx: Context): void
  /** Signs the browser out: its cookie becomes invalid. */
  end(ctx: Context): void
  /** The CSRF token for the forms of this browser. */
  formTokenOf(ctx: Context): string
  /** Whether a CSRF token belongs to this browser. */
  isFormToken(ctx: Context, formToken: string): boolean
}

/**
 * Creates the sessions, in the memory of this process.
 *
 * @param path Path of the cookie: that of the SuperAdmin pages.
 */
export function createSessions(path: string, now: () => number): Sessions {
  /** When each session ends, by the id of its browser. */
  const sessions = new Map<string, number>()
  const formKey = randomBytes(32)
  const idOf = (ctx: Context): string | undefined => {
    const ids = cookieValuesOf(ctx, COOKIE)
    return ctx.state['browserId'] ?? ids.find((id) => sessions.has(id)) ?? ids[0]
  }
  const formTokenFor = (id: string): string =>
    createHmac('sha256', formKey).update(id).digest('base64url')

  function setId(ctx: Context, maxAge?: number): string {
    const id = randomBytes(32).toString('base64url')
    ctx.state['browserId'] = id
    ctx.cookies.set(COOKIE, id, {
      path,
      httpOnly: true,
      sameSite: 'strict',
      overwrite: true,
      ...(maxAge === undefined ? {} : { maxAge }),
    })
    return id
  }

  function end(ctx: Context): void {
    sessions.delete(idOf(ctx) ?? '')
  }

  return {
    isSignedIn: (ctx) => (sessions.get(idOf(ctx) ?? '') ?? 0) > now(),

    begin(ctx) {
      end(ctx)
      const [oldest] = sessions.keys()
      if (sessions.size >= MAXIMUM_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      sessions.set(setId(ctx, SESSION_TTL_SECONDS * 1000), now() + SESSION_TTL_SECONDS)
    },

    end,
    formTokenOf: (ctx) => formTokenFor(idOf(ctx) ?? setId(ctx)),

    isFormToken(ctx, formToken) {
      const id = idOf(ctx)
      if (id === undefined) return false
      const [given, expected] = [Buffer.from(formToken), Buffer.from(formTokenFor(id))]
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}
