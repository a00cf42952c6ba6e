/**
 * Applies the session of the host to oidc-provider's: signing in and out at the host takes effect here.
 *
 * @module
 */

import type { Context } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { HostSession } from '../users/authentication.ts'
import type { RenewIdentifier } from './browser-sessions.ts'
import { type RequestState, requestStateOf } from './request-state.ts'

/** The sessions of the host in authorization requests. */
export interface HostSessions {
  /** Reads the host's session. Must run while the context has the host's cookie jar. */
  read(ctx: Context): Promise<Pick<RequestState, 'hostUser'>>
  /** Applies what was read to the session of oidc-provider. */
  apply(ctx: KoaContextWithOIDC): void
  /** Whether a user is signed in at the host. */
  isSignedIn(ctx: KoaContextWithOIDC, userId: string): boolean
  /** When the user authenticated at the host; whole seconds since the Unix epoch. */
  authenticatedAt(ctx: KoaContextWithOIDC): number | undefined
}

/** Creates the host sessions. */
export function createHostSessions(
  hostSession: HostSession,
  renewIdentifier: RenewIdentifier,
  now: () => number,
): HostSessions {
  return {
    async read(ctx) {
      return { hostUser: await hostSession.signedInUser(ctx) }
    },

    apply(ctx) {
      const { session } = ctx.oidc
      if (session === undefined) return
      const { hostUser } = requestStateOf(ctx)
      if (hostUser === undefined) {
        delete session.accountId
      } else if (session.accountId !== hostUser.userId) {
        // Not the time of the sign-in at the host: the user may have been signed out everywhere since.
        session.loginAccount({ accountId: hostUser.userId, loginTs: now() })
        renewIdentifier(session) // against session fixation
      }
    },

    isSignedIn(ctx, userId) {
      return requestStateOf(ctx).hostUser?.userId === userId
    },

    authenticatedAt(ctx) {
      const { hostUser } = requestStateOf(ctx)
      // The clock of the host may be ahead of ours.
      return hostUser && Math.min(Math.floor(hostUser.authenticatedAt), now())
    },
  }
}
