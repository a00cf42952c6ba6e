import type { Context } from 'koa'

/** Who is signed in to the server itself, in which browser. */
export interface BrowserSessions {
  /** Who is signed in; `undefined` for nobody. The caller finds out whether that user still exists. */
  signedInUserId(ctx: Context): Promise<string | undefined>
  /**
   * Begins a session, under a new identifier, in place of the one that the browser has.
   *
   * @param at When the sign-in began; seconds since the Unix epoch.
   */
  signIn(ctx: Context, userId: string, at: number): Promise<void>
  /** Ends the browser's session. */
  signOut(ctx: Context): Promise<void>
}
