/**
 * The partner's browser sessions.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import type { TokenEndpointResponse } from 'openid-client'
import { cookieValuesOf } from './cookies.ts'
import type { Connection, Outcome } from './pages.ts'

const COOKIE = 'acme_recruiter_session'
const MAXIMUM_SESSIONS = 1000
const MAXIMUM_SIGN_INS = 10

/** What a sign-in under way is checked with. */
export interface SignInChecks {
  readonly codeVerifier: string
  /** `undefined` without OpenID Connect. */
  readonly nonce: string | undefined
}

/** A browser session. */
export interface Session {
  /** Sign-ins under way, by `state`: one for each tab. */
  readonly signIns: Map<string, SignInChecks>
  /** The tokens; they never leave the server. */
  tokens?: TokenEndpointResponse
  connection?: Connection
  /** The refresh under way: a refresh token must not be used twice, not even by a double click. */
  refreshing?: Promise<void> | undefined
  /** Shown once. */
  outcome?: Outcome | undefined
}

/** Creates the session store: a function that finds or creates the session of a request. */
export function createSessions(): (ctx: Context) => Session {
  const sessions = new Map<string, Session>()
  return (ctx) => {
    const sessionIds = cookieValuesOf(ctx, COOKIE)
    const known = sessions.get(sessionIds.find((id) => sessions.has(id)) ?? '')
    if (known !== undefined) return known
    const session: Session = { signIns: new Map() }
    const sessionId = randomUUID()
    setBounded(sessions, sessionId, session, MAXIMUM_SESSIONS)
    ctx.cookies.set(COOKIE, sessionId, { httpOnly: true, sameSite: 'lax' })
    return session
  }
}

/** Stores the checks of a new sign-in. */
export function beginSignIn(session: Session, state: string, checks: SignInChecks): void {
  setBounded(session.signIns, state, checks, MAXIMUM_SIGN_INS)
}

/** Ends a sign-in. @returns Its checks; `undefined` when it did not begin in this browser. */
export function endSignIn({ signIns }: Session, state: string): SignInChecks | undefined {
  const checks = signIns.get(state)
  signIns.delete(state)
  return checks
}

/** Sets an entry; removes the oldest one if the map is full. */
function setBounded<Value>(
  map: Map<string, Value>,
  key: string,
  value: Value,
  maximum: number,
): void {
  const [oldest] = map.keys()
  if (map.size >= maximum && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
}
