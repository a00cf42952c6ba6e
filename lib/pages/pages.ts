/**
 * The views of the pages: the data of each page and its form.
 *
 * A host replaces a page with its own renderer in the `pages` option.
 *
 * @module
 */

import type { AccessRefusal } from '../clients/client-access.ts'
import type { User } from '../users/user.ts'
import type { Brand } from './brand.ts'
import type { PageLanguage } from './languages/page-language.ts'

/** A rendered page. */
export interface HtmlPage {
  /** A complete HTML document. */
  readonly html: string
  /**
   * Value of its `Content-Security-Policy` header. The server sends the other security headers. Do not add
   * `form-action`: Chromium also applies it to every redirect after the submit, including those of the
   * client after its callback.
   */
  readonly contentSecurityPolicy: string
  /** BCP 47 tag of its language, for the `Content-Language` header. Defaults to none. */
  readonly language?: string | undefined
}

/** Renders one page. */
export type PageRenderer<View> = (view: View) => HtmlPage | Promise<HtmlPage>

/** Renderers of all pages. */
export interface Pages {
  /** Asks for email address and password. */
  readonly signIn: PageRenderer<SignInView>
  /** Asks which account to use. */
  readonly selectAccount: PageRenderer<SelectAccountView>
  /** Asks the user to allow or deny. */
  readonly consent: PageRenderer<ConsentView>
  /** Tells the user that they may not use the client. */
  readonly accessRefused: PageRenderer<AccessRefusedView>
  /** Lists the clients that the user connected, and lets them disconnect each. */
  readonly connections: PageRenderer<ConnectionsView>
  /** Explains an error and what to do. */
  readonly error: PageRenderer<ErrorView>
}

/** What every page gets. */
export interface PageContext {
  /** The brand of the service. */
  readonly brand: Brand
  /** The language of the page: what the request, the user or the browser asks for. */
  readonly language: PageLanguage
}

/** A client on the pages. */
export interface ClientView {
  /** Its registered name. */
  readonly name: string
  /** Its home page; an https URL. */
  readonly clientUri: string | undefined
  /** Its logo; an https URL. */
  readonly logoUrl: string | undefined
  /** Its terms of service; an https URL. */
  readonly tosUri: string | undefined
  /** Its privacy policy; an https URL. */
  readonly policyUri: string | undefined
  /** Host and port of the redirect URI, for example `acme.example`; for a private-use scheme, the scheme. */
  readonly redirectHost: string
}

/**
 * The form of a page. Submit it as an HTML form with method POST, with every hidden field and a field `action`
 * with one of the values that the view lists.
 */
export interface FormView {
  /** URL to post to. */
  readonly url: string
  /** Hidden fields by name. */
  readonly hidden: Readonly<Record<string, string>>
}

/**
 * The sign-in page. Actions: `sign-in` with the fields `username` and `password`; with a client,
 * `cancel`.
 */
export interface SignInView extends PageContext {
  /** The client of the request; `undefined` on the way to a page of the server. */
  readonly client: ClientView | undefined
  readonly form: FormView
  /** Initial user name, from `login_hint` or a failed attempt. */
  readonly username: string
  /** Why the page is shown again. */
  readonly problem: SignInProblem | undefined
  /** In how many seconds the user can try again, after `too-many-attempts`. */
  readonly retryAfterSeconds: number | undefined
}

/** Why a sign-in attempt failed. */
export type SignInProblem =
  | 'invalid-credentials'
  | 'too-many-attempts'
  /** The password is right, but the user is disabled: `findUser` returned `undefined`. */
  | 'user-unavailable'

/** The account chooser. Actions: `continue` as this user; `switch-account`; `cancel`. */
export interface SelectAccountView extends PageContext {
  readonly client: ClientView
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
}

/** The consent page. Actions: `allow`; `deny`; `switch-account`. */
export interface ConsentView extends PageContext {
  readonly client: ClientView
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
  /**
   * Scopes to grant, without `openid`. Empty only when the client asks for `openid` alone: then it learns the user's
   * id and tenant, and nothing else about the user.
   */
  readonly scopes: ReadonlyArray<ScopeView>
  /** Requested scopes that the user has already granted. */
  readonly grantedScopes: ReadonlyArray<ScopeView>
  /** URL of the connections page, where the user can remove the access. */
  readonly connectionsUrl: string
}

/** A scope and its description. */
export interface ScopeView {
  /** The permission code, for example `interview:read`. */
  readonly scope: string
  /** Its description in the language of the page, for example `See your interviews and their results`. */
  readonly description: string
  /** Whether the catalogue calls it sensitive: show it in another way than the others. */
  readonly isSensitive: boolean
}

/** The page for a user who may not use the client. Actions: `switch-account`; `cancel`. */
export interface AccessRefusedView extends PageContext {
  readonly client: ClientView
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
  /**
   * `tenant-refused`: the client is for the users of another tenant. `client-refused`: `authorizeClient` returned
   * `false`. `other-account`: the `id_token_hint` of the request names another user (OIDC Core §3.1.2.1).
   */
  readonly reason: AccessRefusal | 'other-account'
}

/**
 * The connections page. Actions: `disconnect` with the field `clientId`; `sign-out`, if
 * `canSignOut`.
 */
export interface ConnectionsView extends PageContext {
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
  /** The user's connections, newest first. */
  readonly connections: ReadonlyArray<ConnectionView>
  /** Name of the client that was disconnected just now. */
  readonly disconnectedName: string | undefined
  /** Whether the page may offer to sign out: the session is the server's, not the host's. */
  readonly canSignOut: boolean
  /** The time; seconds since the Unix epoch. */
  readonly now: number
}

/** A client that the user connected. */
export interface ConnectionView extends Omit<ClientView, 'redirectHost'> {
  readonly clientId: string
  /** Granted scopes that the client is still registered for; may be empty. */
  readonly scopes: ReadonlyArray<ScopeView>
  /** When it was connected; seconds since the Unix epoch. */
  readonly connectedAt: number
  /** When tokens were last issued; seconds since the Unix epoch, accurate to the hour. */
  readonly lastUsedAt: number | undefined
}

/** The error page, for errors that cannot be sent to the client. */
export interface ErrorView extends PageContext {
  /** What happened. */
  readonly kind: ErrorKind
  /** The registered error code, for developers, for example `invalid_request`. */
  readonly error: string
  /** A description for developers, safe to show. */
  readonly description: string | undefined
  /** The client to link back to, if it is verified. */
  readonly client: ClientLink | undefined
}

/** A link to a client. */
export interface ClientLink {
  /** The client's registered name. */
  readonly name: string
  /** Its home page, or the origin or scheme of its redirect URI. */
  readonly url: string
}

/** The kind of error. */
export type ErrorKind =
  /** The pending request is unknown or has expired. */
  | 'request-expired'
  /** The pending request is already finished. */
  | 'request-finished'
  /** The pending request was started in another browser. */
  | 'other-browser'
  /** The form was not submitted by our page. */
  | 'form-rejected'
  /** The request of the client is invalid: unknown client, wrong redirect URI. */
  | 'invalid-request'
  /** The page was requested with a method that it does not have. */
  | 'method-not-allowed'
  /** The storage is unavailable. */
  | 'temporarily-unavailable'
  /** A defect on our side. */
  | 'server-error'
