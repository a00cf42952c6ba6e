/**
 * A host's own session as oidc-provider's: whoever is signed in there is signed in here, and whoever
 * signed out there is signed out here.
 *
 * @module
 */

import type { Context } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { HostSession } from '../users/authentication.ts'
import type { RenewIdentifier } from './browser-sessions.ts'

type SignedIn = Awaited<ReturnType<HostSession['signedInUser']>>

/** Brings the host's session into an authorization request. */
export interface HostSessions {
  /** Asks the host, while the context still has the host's cookie jar. */
  read(ctx: Context): Promise<void>
  /** Makes what was read the session of oidc-provider. */
  apply(ctx: KoaContextWithOIDC): void
  /** Whether a user is the one who is signed in at the host. */
  isSignedIn(ctx: KoaContextWithOIDC, userId: string): boolean
}

/** Creates the bridge to the host's sessions. */
export function createHostSessions(
  hostSession: HostSession,
  renewIdentifier: RenewIdentifier,
  now: () => number,
): HostSessions {
  const found = new WeakMap<object, SignedIn>()
  return {
    async read(ctx) {
      found.set(ctx, await hostSession.signedInUser(ctx))
    },

    apply(ctx) {
      const { session } = ctx.oidc
      if (session === undefined) return
      const signedIn = found.get(ctx)
      if (signedIn === undefined) {
        delete session.accountId
      } else if (session.accountId !== signedIn.userId) {
        // The host says so now: it may have signed the user out everywhere else since they signed in.
        session.loginAccount({ accountId: signedIn.userId, loginTs: now() })
        renewIdentifier(session) // so that nobody who knew it before can use it
      }
    },

    isSignedIn(ctx, userId) {
      return found.get(ctx)?.userId === userId
    },
  }
}
