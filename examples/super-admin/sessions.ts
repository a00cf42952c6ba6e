/**
 * Who is signed in as a SuperAdmin, in which browser.
 *
 * Every browser has a cookie with a random id; some of the ids are signed in. The token in its forms is
 * derived from the id, under a key that only this process has: no other site can know it. Signing in
 * changes the id, so that nobody is signed in under an id that somebody else knew before.
 *
 * @module
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import type { FlashMessage } from '../flash-message.ts'

const COOKIE = 'teamcast_super_admin'
const COOKIE_PATH = '/super-admin'
const SESSION_TTL_SECONDS = 8 * 60 * 60
const MAXIMUM_SESSIONS = 1000

/** What is kept of one signed-in browser. */
export interface Session {
  /** Seconds since the Unix epoch. */
  readonly expiresAt: number
  /** Client secrets that were not shown yet, by the id of the secret. */
  readonly unseenSecrets: Map<string, string>
  /** Where the forms that were sent led to: see {@link once}. */
  readonly submissions: Map<string, Promise<string>>
  /** Shown once. */
  notice?: FlashMessage | undefined
}

/** The sessions of SuperAdmins. */
export interface Sessions {
  /** Finds the session of a signed-in browser. */
  find(ctx: Context): Session | undefined
  /** Signs the browser in. */
  begin(ctx: Context): void
  /** Signs the browser out, for good: its cookie is of no use any more. */
  end(ctx: Context): void
  /** The token that the forms of this browser carry. */
  formTokenOf(ctx: Context): string
  /** Whether this browser was given the token with a form. */
  isFormToken(ctx: Context, formToken: string): boolean
}

/** Creates the sessions; they live in this process. */
export function createSessions(now: () => number): Sessions {
  const sessions = new Map<string, Session>()
  const formKey = randomBytes(32)
  const idOf = (ctx: Context): string | undefined =>
    ctx.state['browserId'] ?? ctx.cookies.get(COOKIE)
  const formTokenFor = (id: string): string =>
    createHmac('sha256', formKey).update(id).digest('base64url')

  function setId(ctx: Context, maxAge?: number): string {
    const id = randomBytes(32).toString('base64url')
    ctx.state['browserId'] = id
    ctx.cookies.set(COOKIE, id, {
      path: COOKIE_PATH,
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
    find(ctx) {
      const session = sessions.get(idOf(ctx) ?? '')
      if (session === undefined || session.expiresAt > now()) return session
      end(ctx)
      return undefined
    },

    begin(ctx) {
      end(ctx)
      const [oldest] = sessions.keys()
      if (sessions.size >= MAXIMUM_SESSIONS && oldest !== undefined) sessions.delete(oldest)
      sessions.set(setId(ctx, SESSION_TTL_SECONDS * 1000), {
        expiresAt: now() + SESSION_TTL_SECONDS,
        unseenSecrets: new Map(),
        submissions: new Map(),
      })
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

/**
 * Does what a form says, once: sent again as it is, by a double click, it leads to where it led before.
 *
 * @param form It holds the id that it was given when it was shown.
 * @param act Returns where to go next.
 */
export function once(
  { submissions }: Session,
  form: URLSearchParams,
  act: () => Promise<string>,
): Promise<string> {
  const submission = form.toString()
  const before = submissions.get(submission)
  if (before !== undefined) return before
  const outcome = act()
  submissions.set(submission, outcome)
  // What failed may be tried again.
  outcome.catch(() => submissions.delete(submission))
  return outcome
}

/** Keeps a client secret until it is shown. */
export function keepUnseenSecret(
  { unseenSecrets }: Session,
  secretId: string,
  clientSecret: string,
): void {
  unseenSecrets.set(secretId, clientSecret)
}

/** Takes a client secret to show it. @returns `undefined` when it was taken before. */
export function takeUnseenSecret({ unseenSecrets }: Session, secretId: string): string | undefined {
  const clientSecret = unseenSecrets.get(secretId)
  unseenSecrets.delete(secretId)
  return clientSecret
}

/** Takes the notice that the next page shows. */
export function takeFlashMessage(session: Session): FlashMessage | undefined {
  const { notice } = session
  session.notice = undefined
  return notice
}
