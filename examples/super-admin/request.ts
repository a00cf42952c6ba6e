/**
 * Requests and responses of the SuperAdmin pages.
 *
 * @module
 */

import type { AuthorizationServer, ScopeCatalogue } from '@teamcast/oauth-server'
import type { Session } from './sessions.ts'

/** Dependencies of the pages. */
export interface AdminDependencies {
  readonly issuer: string
  readonly clients: AuthorizationServer['clients']
  /** The scopes that clients can be given. */
  readonly catalogue: ScopeCatalogue
  /** Seconds since the Unix epoch. */
  readonly now: () => number
}

/** A request of a signed-in SuperAdmin. */
export interface AdminRequest {
  readonly session: Session
  /** The CSRF token for every form of the response. */
  readonly formToken: string
  /** The SuperAdmin, for audit events. */
  readonly by: { readonly actorId: string; readonly ip: string }
  /** The ids in the path, in their order. */
  readonly ids: ReadonlyArray<string>
  readonly query: URLSearchParams
  /** The submitted form; empty if there is none. */
  readonly form: URLSearchParams
}

/** A page. */
export interface AdminPage {
  /** @defaultValue `200` */
  readonly status?: number
  readonly title: string
  /** HTML with its one `h1`. */
  readonly content: string
  /** The only script that the policy allows. */
  readonly script?: string
}

/** A redirect. */
export interface Redirect {
  readonly location: string
}

export type AdminResponse = AdminPage | Redirect

export type Handle = (request: AdminRequest) => Promise<AdminResponse>
