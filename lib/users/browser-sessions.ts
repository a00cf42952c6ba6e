import type { Context } from 'koa'

/** A session of a user in a browser. */
export interface BrowserSession {
  /**
   * Stays the same as long as the user does, although the cookie changes at each sign-in. Known only to the
   * server.
   */
  readonly sessionId: string
  /** The signed-in user, who may not exist any more. */
  readonly userId: string
  /** When that user signed in; seconds since the Unix epoch. */
  readonly at: number
}

/** The sessions of the server's own sign-in page. */
export interface BrowserSessions {
  /** Finds the browser's session; `undefined` when nobody is signed in. */
  find(ctx: Context): Promise<BrowserSession | undefined>
  /**
   * Signs a user in with a new session identifier, against session fixation.
   *
   * @param at When the sign-in began; seconds since the Unix epoch.
   */
  signIn(ctx: Context, userId: string, at: number): Promise<BrowserSession>
  /** Ends the browser's session. */
  signOut(ctx: Context): Promise<void>
}
