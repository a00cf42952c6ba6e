/**
 * The views of the SuperAdmin pages. Unlike those of the other pages they are not public: a host whose pages must look
 * different uses the client registry, or the API.
 *
 * @module
 */

import type { ClientIssue } from '../../errors.ts'
import type { Client, ClientAudience, ClientSecret, ClientType } from '../../storage/client.ts'
import type { SuperAdminMessages } from '../languages/messages.ts'
import type { PageContext, ScopeView } from '../pages.ts'
import type { ClientForm } from './client-form.ts'
import type { SuperAdminUrls } from './urls.ts'

/** What every page gets. */
export interface SuperAdminContext extends PageContext {
  readonly urls: SuperAdminUrls
  /** The CSRF token of every form of the page. */
  readonly csrf: string
  /** Who the host says is signed in. */
  readonly superAdminId: string | undefined
  /** The host's page to sign out. */
  readonly signOutUrl: string | undefined
  /** What the last action did. */
  readonly flashMessage: SuperAdminFlashMessage | undefined
  /** The time; seconds since the Unix epoch. */
  readonly now: number
}

/** What an action did. Shown once. */
export interface SuperAdminFlashMessage {
  readonly kind: keyof SuperAdminMessages['done']
  /** Name of the client, which may not exist any more. */
  readonly clientName: string
}

/** Which clients to list. */
export interface ClientFilters {
  readonly name?: string
  readonly clientType?: ClientType
  readonly audience?: ClientAudience
  readonly tenantId?: string
}

/** The list of clients. */
export interface ClientsView extends SuperAdminContext {
  readonly clients: ReadonlyArray<Client>
  readonly filters: ClientFilters
  /** Whether pages come before this one. */
  readonly isContinued: boolean
  /** Where the next page begins; `undefined` for the last one. */
  readonly nextCursor: string | undefined
}

/** What a client may be registered for. */
export interface ClientChoicesView {
  readonly scopes: ReadonlyArray<ScopeView>
  readonly grantTypes: ReadonlyArray<ChoiceView>
  readonly authenticationMethods: ReadonlyArray<ChoiceView>
}

/** A choice, and the types of the clients that have it. */
export interface ChoiceView {
  readonly name: string
  readonly clientTypes: ReadonlyArray<ClientType>
}

/** Why a form was rejected. */
export type Rejection =
  | { readonly kind: 'invalid'; readonly issues: ReadonlyArray<ClientIssue> }
  /** Somebody else changed the client since the form was shown. */
  | { readonly kind: 'conflict' }

/** A sentence about one field of a rejected form. */
export interface Remark {
  /** Name and id of the field; `undefined` for a remark about the whole form. */
  readonly field: string | undefined
  /** HTML of the sentence. */
  readonly html: string
}

/** The form of a registration. */
export interface RegistrationView extends SuperAdminContext {
  readonly choices: ClientChoicesView
  /** Identifies the submission: one that is repeated registers nothing more. */
  readonly submissionId: string
  readonly form: ClientForm
  readonly rejection: Rejection | undefined
}

/** A client: its facts, its secrets and the form to change it. */
export interface ClientPageView extends SuperAdminContext {
  readonly client: Client
  readonly choices: ClientChoicesView
  /** Identifies the submission of a new secret. */
  readonly submissionId: string
  /** What was filled in, if it was rejected. */
  readonly rejected?: {
    readonly rejection: Rejection
    /** The settings; those of the client if the expiry was rejected. */
    readonly form?: ClientForm
    /** The last day of a new secret. */
    readonly secretExpiry?: string
  }
}

/** A new secret. */
export interface NewSecretView extends SuperAdminContext {
  readonly client: Client
  readonly issuer: string
  readonly clientSecret: string
}

/** A page about a client. */
export interface AboutClientView extends SuperAdminContext {
  readonly client: Client
}

/** The question whether to remove a secret. */
export interface SecretRemovalView extends AboutClientView {
  readonly secret: ClientSecret
}

/** A problem. Anybody may see it. */
export interface ProblemView extends PageContext {
  readonly kind: keyof SuperAdminMessages['problems']
  readonly urls: SuperAdminUrls
}
