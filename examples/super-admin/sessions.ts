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
import type { FlashMessage } from '../flash-message.ts'

const COOKIE = 'teamcast_super_admin'
const COOKIE_PATH = '/super-admin'
const SESSION_TTL_SECONDS = 8 * 60 * 60
const MAXIMUM_SESSIONS = 1000

/** The session of a signed-in browser. */
export interface Session {
  /** Seconds since the Unix epoch. */
  readonly expiresAt: number
  /** Client secrets that were not shown yet, by secret id. */
  readonly unseenSecrets: Map<string, string>
  /** The redirects of submitted forms: see {@link once}. */
  readonly submissions: Map<string, Promise<string>>
  /** Shown once. */
  flashMessage?: FlashMessage | undefined
}

/** The sessions of SuperAdmins. */
export interface Sessions {
  /** Finds the session of a signed-in browser. */
  find(ctx: Context): Session | undefined
  /** Signs the browser in. */
  begin(ctx: Context): void
  /** Signs the browser out: its cookie becomes invalid. */
  end(ctx: Context): void
  /** The CSRF token for the forms of this browser. */
  formTokenOf(ctx: Context): string
  /** Whether a CSRF token belongs to this browser. */
  isFormToken(ctx: Context, formToken: string): boolean
}

/** Creates the sessions, in the memory of this process. */
export function createSessions(now: () => number): Sessions {
  const sessions = new Map<string, Session>()
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
 * Performs the action of a form once. A repeated submission, for example by a double click, gets the same
 * redirect.
 *
 * @param form The submitted form, with its `submissionId`.
 * @param act Performs the action and returns the location to redirect to.
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
  // A failed action may be repeated.
  outcome.catch(() => submissions.delete(submission))
  return outcome
}

/** Stores a client secret until it is shown. */
export function keepUnseenSecret(
  { unseenSecrets }: Session,
  secretId: string,
  clientSecret: string,
): void {
  unseenSecrets.set(secretId, clientSecret)
}

/** Returns a client secret and removes it. @returns `undefined` when it was shown before. */
export function takeUnseenSecret({ unseenSecrets }: Session, secretId: string): string | undefined {
  const clientSecret = unseenSecrets.get(secretId)
  unseenSecrets.delete(secretId)
  return clientSecret
}

/** Returns the flash message and removes it. */
export function takeFlashMessage(session: Session): FlashMessage | undefined {
  const { flashMessage } = session
  session.flashMessage = undefined
  return flashMessage
}
