/**
 * The pages a person sees, as data: what each page must show and where its form goes.
 *
 * A host replaces a page by giving its own renderer for the same view in the `pages` option.
 *
 * @module
 */

import type { User } from '../users/user.ts'

/** A rendered page. */
export interface HtmlPage {
  /** A complete HTML document. */
  readonly html: string
  /**
   * Value of its `Content-Security-Policy` header. The server sends all other security headers itself.
   * Do not add `form-action`: Chromium applies it to every redirect after the submit, also to those
   * the client makes after its callback, and so blocks honest clients.
   */
  readonly contentSecurityPolicy: string
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
  /** Says that this user may not use this client. */
  readonly accessRefused: PageRenderer<AccessRefusedView>
  /** Lists the clients that the user connected, and lets them disconnect each. */
  readonly connections: PageRenderer<ConnectionsView>
  /** Says what went wrong and what to do. */
  readonly error: PageRenderer<ErrorView>
}

/** The client, as the pages show it. */
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
  /** Host (and port) the browser returns to, for example `acme.example`; an app’s scheme has none and stands for it. */
  readonly redirectHost: string
}

/**
 * Where the page's form goes. It must be sent as an HTML form with method POST, contain every hidden
 * field, and a field `action` with one of the values that the view lists.
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
export interface SignInView {
  /** Where the user is on the way to; `undefined` when that is a page of the server itself. */
  readonly client: ClientView | undefined
  readonly form: FormView
  /** What to fill in as user name, from `login_hint` or a failed attempt. */
  readonly username: string
  /** Why the page is shown again. */
  readonly problem: SignInProblem | undefined
}

/** Why a sign-in attempt failed. */
export type SignInProblem = 'invalid-credentials' | 'too-many-attempts'

/** The account chooser. Actions: `continue` as this user; `switch-account`; `cancel`. */
export interface SelectAccountView {
  readonly client: ClientView
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
}

/** The consent page. Actions: `allow`; `deny`; `switch-account`. */
export interface ConsentView {
  readonly client: ClientView
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
  /** What is asked for now. Never empty. */
  readonly scopes: ReadonlyArray<ScopeView>
  /** What this user already allowed this client. */
  readonly grantedScopes: ReadonlyArray<ScopeView>
}

/** A scope in words. */
export interface ScopeView {
  /** The permission code, for example `interview:read`. */
  readonly scope: string
  /** The catalogue's sentence, for example `See your interviews and their results`. */
  readonly description: string
}

/** The page for a user whom the client does not accept. Actions: `switch-account`; `cancel`. */
export interface AccessRefusedView {
  readonly client: ClientView
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
}

/**
 * The page with the user's connections. Actions: `disconnect` with the field `clientId`; `sign-out`, if
 * `canSignOut`.
 */
export interface ConnectionsView {
  readonly form: FormView
  /** The user who is signed in. */
  readonly user: User
  /** What they connected, newest first. */
  readonly connections: ReadonlyArray<ConnectionView>
  /** Name of the client that was disconnected just now. */
  readonly disconnectedName: string | undefined
  /** Whether the session is the server's own, and not the host's. */
  readonly canSignOut: boolean
  /** The time; seconds since the Unix epoch. */
  readonly now: number
}

/** A client that the user connected. */
export interface ConnectionView extends Omit<ClientView, 'redirectHost'> {
  readonly clientId: string
  /** What it may do. Empty when it has lost all that was granted. */
  readonly scopes: ReadonlyArray<ScopeView>
  /** When it was connected; seconds since the Unix epoch. */
  readonly connectedAt: number
  /** When it used the connection last, to the hour; seconds since the Unix epoch. */
  readonly lastUsedAt: number | undefined
}

/** The error page: everything that cannot be sent back to the client. */
export interface ErrorView {
  /** What happened. */
  readonly kind: ErrorKind
  /** The registered error code, for developers, for example `invalid_request`. */
  readonly error: string
  /** A sentence for developers, safe to show. */
  readonly description: string | undefined
  /** The client that the user came from, if that is certain; the page has a link back to it. */
  readonly client: ClientLink | undefined
}

/** A link to a client. */
export interface ClientLink {
  /** The client's registered name. */
  readonly name: string
  /** Its home page, or the start of the site or app that it returns to: never a page with parameters. */
  readonly url: string
}

/** What happened, for the person in front of the page. */
export type ErrorKind =
  /** The pending request is unknown, used up or too old. */
  | 'request-expired'
  /** The pending request was finished before, and cannot be used once more. */
  | 'request-finished'
  /** The pending request was begun in another browser. */
  | 'other-browser'
  /** The form was not sent by our page. */
  | 'form-rejected'
  /** The client sent a request that cannot be answered: unknown client, wrong redirect URI. */
  | 'invalid-request'
  /** Too many requests from this address. */
  | 'too-many-requests'
  /** The storage does not answer. */
  | 'temporarily-unavailable'
  /** A defect on our side. */
  | 'server-error'
