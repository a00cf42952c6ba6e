/**
 * Audit events: what happened, to whom, and why. They hold identifiers and reasons, never a token, a
 * code, a secret, a password or a hash of one. They are plain data that survives `JSON.stringify`. Control
 * characters and bidirectional controls in their texts are replaced by U+FFFD.
 *
 * @module
 */

import type { ReportedError } from './reported-error.ts'

/** `failure` when a request was refused or something went wrong. */
export type AuditResult = 'success' | 'failure'

/** Members of every audit event. */
export interface AuditEventContext {
  /** Version of the event's shape. Types and members may be added without a new one. */
  readonly version: 1
  /** Whether it succeeded. */
  readonly result: AuditResult
  /** When it happened; seconds since the Unix epoch. */
  readonly at: number
  /**
   * Address of the caller, as Koa sees it (`app.proxy`), normalized and without port or zone id.
   * `undefined` outside of a request, and when Koa reports no valid address.
   */
  readonly ip: string | undefined
}

/** The client, user and token family of an event, as far as they are known. */
export interface AuditSubject {
  readonly clientId?: string | undefined
  readonly userId?: string | undefined
  readonly tenantId?: string | undefined
  /** The token family. */
  readonly familyId?: string | undefined
}

/** The administrator who acted, or the host's own code. */
export interface AuditActor {
  /** The `superAdminId` or the `actorId` that the host gave. */
  readonly actorId?: string | undefined
}

/** Who makes a change, for the audit event. */
export interface Actor {
  /** Names the administrator or the system, in the host's own terms. */
  readonly actorId?: string
  /** Address the request came from. */
  readonly ip?: string
}

/** The key that an event is about. */
export interface KeySubject {
  /** The `kid` of a signing key, or the id of a cookie key. */
  readonly keyId: string
  readonly purpose: 'signing' | 'cookie'
}

/** What happened. Switch on `type`. */
export type AuditEventDetail =
  /** An authorization code was issued. */
  | (AuditSubject & {
      readonly type: 'authorization.granted'
      readonly scopes: ReadonlyArray<string>
    })
  /** The user denied the request: pressed *Cancel* or *Deny*. */
  | (AuditSubject & {
      readonly type: 'authorization.denied'
      readonly error: string
      readonly reason: string
    })
  /** The user denied a request after allowing it: the tokens issued for it were revoked. */
  | (AuditSubject & { readonly type: 'authorization.revoked' })
  /** The server refused an authorization request; `reason` is for developers. */
  | (AuditSubject & {
      readonly type: 'authorization.refused'
      readonly error: string
      readonly reason: string
    })
  /** A user signed in. */
  | (AuditSubject & { readonly type: 'user.signed-in' })
  /**
   * A sign-in attempt failed. `username` is what was typed. `address-unknown`: the request has no valid
   * address, so attempts could not be counted and the password was not checked. `user-unavailable`: the
   * password was right, but `findUser` returned `undefined`; the event names the user.
   */
  | (AuditSubject & {
      readonly type: 'user.sign-in-failed'
      readonly username: string
      readonly reason:
        | 'invalid-credentials'
        | 'too-many-attempts'
        | 'user-unavailable'
        | 'address-unknown'
    })
  /**
   * The page that refuses a client to a user was shown. `tenant-refused`: the client is a `TENANT` client of another
   * tenant. `client-refused`: `authorizeClient` returned `false`. `other-account`: the `id_token_hint` of the
   * request names another user.
   */
  | (AuditSubject & {
      readonly type: 'client.refused'
      readonly reason: 'tenant-refused' | 'client-refused' | 'other-account'
    })
  /** A user granted scopes to a client. */
  | (AuditSubject & { readonly type: 'consent.granted'; readonly scopes: ReadonlyArray<string> })
  /** The token endpoint issued tokens. `grantType` is the `grant_type` of the request. */
  | (AuditSubject & { readonly type: 'token.issued'; readonly grantType: string })
  /**
   * The token endpoint replayed the response to a refresh, within `refreshTokenGraceSeconds`. It issued
   * no new tokens.
   */
  | (AuditSubject & { readonly type: 'token.response-replayed' })
  /** The token, introspection or revocation endpoint, or the revocation feed, refused a request. */
  | (AuditSubject & {
      readonly type: 'token.refused'
      readonly error: string
      readonly reason: string
    })
  /** A used refresh token or authorization code was presented again: the token family was revoked. */
  | (AuditSubject & { readonly type: 'token.reuse-detected'; readonly reason: string })
  /** A user's connection to a client ended, and with it all of its tokens. */
  | (AuditSubject &
      AuditActor & {
        readonly type: 'connection.revoked'
        readonly reason:
          | 'disconnected-by-user'
          | 'denied-by-user'
          | 'revoked-by-host'
          | 'client-deleted'
          | 'tenant-changed'
      })
  /** The host revoked all access of a user. */
  | (AuditSubject & AuditActor & { readonly type: 'user.access-revoked' })
  /** A client revoked a token of its own. An access token that it revokes twice is reported twice. */
  | (AuditSubject & { readonly type: 'token.revoked' })
  /**
   * A client introspected a token. `not-its-resource-server`: the token is another client's, and the client that
   * asked is not registered as resource server of its audience, so the response was `active: false`.
   */
  | (AuditSubject & {
      readonly type: 'token.introspected'
      readonly isActive: boolean
      readonly reason?: 'not-its-resource-server'
    })
  /** The userinfo endpoint sent the claims that these scopes grant. */
  | (AuditSubject & { readonly type: 'userinfo.sent'; readonly scopes: ReadonlyArray<string> })
  /** The userinfo endpoint refused a request; `error` is the error code or, if it has none, the status. */
  | (AuditSubject & {
      readonly type: 'userinfo.refused'
      readonly error: string
      readonly reason: string
    })
  /**
   * A resource server started to read the revocation feed: its first request in 15 minutes from this
   * address. `count` is the number of entries on the first page.
   */
  | (AuditSubject & { readonly type: 'revocations.read'; readonly count: number })
  /** A client that is not a resource server requested the revocation feed. */
  | (AuditSubject & {
      readonly type: 'revocations.refused'
      readonly reason: 'not-a-resource-server'
    })
  /** A client failed to authenticate. */
  | (AuditSubject & { readonly type: 'client.authentication-failed'; readonly reason: string })
  /**
   * A request to the SuperAdmin API, or for its pages, was refused. `unauthenticated` and `forbidden` are what
   * `authorizeSuperAdmin` returned; `no-credentials`: it returned `unauthenticated`, and the request had no credentials. For
   * `too-many-attempts`, `address-unknown` and `other-origin` (a page of another origin sent it) it was not called.
   */
  | {
      readonly type: 'super-admin.refused'
      readonly reason:
        | 'no-credentials'
        | 'unauthenticated'
        | 'forbidden'
        | 'other-origin'
        | 'too-many-attempts'
        | 'address-unknown'
    }
  /** A client was registered. */
  | (AuditSubject & AuditActor & { readonly type: 'client.registered' })
  /** A client was changed; `changedFields` are their names. */
  | (AuditSubject &
      AuditActor & {
        readonly type: 'client.updated'
        readonly changedFields: ReadonlyArray<string>
      })
  /** A client was deleted: its tokens are revoked. */
  | (AuditSubject & AuditActor & { readonly type: 'client.deleted' })
  /** A secret was added to a client. */
  | (AuditSubject &
      AuditActor & { readonly type: 'client.secret-added'; readonly secretId: string })
  /** A secret was removed from a client. */
  | (AuditSubject &
      AuditActor & { readonly type: 'client.secret-removed'; readonly secretId: string })
  /** A key was created and published. It starts to sign later. */
  | (KeySubject & { readonly type: 'key.created' })
  /** Somebody rotated to the next key before it was due. */
  | (KeySubject & AuditActor & { readonly type: 'key.rotated' })
  /** Somebody revoked a key. */
  | (KeySubject & AuditActor & { readonly type: 'key.revoked' })
  /** A key was removed: it was revoked, or everything it signed has expired. */
  | (KeySubject & { readonly type: 'key.deleted' })
  /** A request failed because of a fault in the server, its storage or the host's code. */
  | { readonly type: 'server.error'; readonly error: ReportedError }

/** Every type of event, with its result. */
export const AUDIT_RESULTS: Readonly<Record<AuditEventDetail['type'], AuditResult>> = {
  'authorization.granted': 'success',
  'authorization.denied': 'failure',
  'authorization.revoked': 'success',
  'authorization.refused': 'failure',
  'user.signed-in': 'success',
  'user.sign-in-failed': 'failure',
  'user.access-revoked': 'success',
  'client.refused': 'failure',
  'consent.granted': 'success',
  'connection.revoked': 'success',
  'token.issued': 'success',
  'token.response-replayed': 'success',
  'token.refused': 'failure',
  'token.reuse-detected': 'failure',
  'token.revoked': 'success',
  'token.introspected': 'success',
  'userinfo.sent': 'success',
  'userinfo.refused': 'failure',
  'revocations.read': 'success',
  'revocations.refused': 'failure',
  'client.authentication-failed': 'failure',
  'super-admin.refused': 'failure',
  'client.registered': 'success',
  'client.updated': 'success',
  'client.deleted': 'success',
  'client.secret-added': 'success',
  'client.secret-removed': 'success',
  'key.created': 'success',
  'key.rotated': 'success',
  'key.revoked': 'success',
  'key.deleted': 'success',
  'server.error': 'failure',
}

/**
 * What a caller of the audit log passes: the detail of an event, or an error as it was thrown. `operation`
 * says what the server was doing, unless the error says so itself.
 */
export type ReportedDetail =
  | Exclude<AuditEventDetail, { readonly type: 'server.error' }>
  | { readonly type: 'server.error'; readonly error: unknown; readonly operation?: string }

/** An audit event. */
export type AuditEvent = AuditEventContext & AuditEventDetail

/** Receives audit events. Its result is ignored; if it throws or rejects, a process warning is emitted. */
export type AuditListener = (event: AuditEvent) => unknown
