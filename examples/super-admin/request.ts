/**
 * What the SuperAdmin's pages are asked, and what they answer.
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

/** A request of somebody who is signed in. */
export interface AdminRequest {
  readonly session: Session
  /** The token that every form of the answer carries. */
  readonly formToken: string
  /** Who it is, for the audit events. */
  readonly by: { readonly actorId: string; readonly ip: string }
  /** The ids in the path, in their order. */
  readonly ids: ReadonlyArray<string>
  readonly query: URLSearchParams
  /** What was submitted; empty when nothing was. */
  readonly form: URLSearchParams
}

/** A page. */
export interface AdminPage {
  /** @defaultValue `200` */
  readonly status?: number
  readonly title: string
  /** HTML with its one `h1`. */
  readonly content: string
  /** The one script that the page may run. */
  readonly script?: string
}

/** Where to go next. */
export interface Redirection {
  readonly location: string
}

export type Answer = AdminPage | Redirection

export type Handle = (request: AdminRequest) => Promise<Answer>
