import type { Context } from 'koa'

/** A user's session with the server, in one browser. */
export interface BrowserSession {
  /**
   * Names the session as long as its user is the same, though its cookie changes at each sign-in. Nobody
   * outside of the server knows it.
   */
  readonly sessionId: string
  /** Who is signed in. The caller finds out whether that user still exists. */
  readonly userId: string
  /** When that user signed in; seconds since the Unix epoch. */
  readonly at: number
}

/** Who is signed in to the server itself, in which browser. */
export interface BrowserSessions {
  /** Finds the browser's session; `undefined` when nobody is signed in. */
  find(ctx: Context): Promise<BrowserSession | undefined>
  /**
   * Signs a user in, under a new identifier in place of the one that the browser has: nobody who knew
   * that, or planted it, has the session.
   *
   * @param at When the sign-in began; seconds since the Unix epoch.
   */
  signIn(ctx: Context, userId: string, at: number): Promise<BrowserSession>
  /** Ends the browser's session. */
  signOut(ctx: Context): Promise<void>
}
