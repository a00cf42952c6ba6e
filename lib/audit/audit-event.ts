/**
 * Audit events: what happened, to whom, and why. They hold identifiers and reasons, never a token, a
 * code, a secret, a password or a hash of one. They are plain data that survives `JSON.stringify`, and none of
 * their texts has control characters or others that turn the direction of text around: each is U+FFFD instead.
 *
 * @module
 */

import type { GrantType } from '../clients/client.ts'
import type { ReportedError } from './reported-error.ts'

/** `failure` when something was refused or went wrong. */
export type AuditResult = 'success' | 'failure'

/** Members of every audit event. */
export interface AuditEventContext {
  /** Version of the event's shape. Types and members may be added without a new one. */
  readonly version: 1
  /** How it ended. */
  readonly result: AuditResult
  /** When it happened; seconds since the Unix epoch. */
  readonly at: number
  /**
   * Address the request came from, as Koa sees it (`app.proxy`), without port or zone id, in one
   * spelling. `undefined` outside of a request, and where what Koa sees is no address.
   */
  readonly ip: string | undefined
}

/** Whom an event is about, as far as known. */
export interface AuditSubject {
  readonly clientId?: string | undefined
  readonly userId?: string | undefined
  readonly tenantId?: string | undefined
  /** The token family. */
  readonly familyId?: string | undefined
}

/** Who did it, when it was an administrator or the host's own code that says so. */
export interface AuditActor {
  /** In the host's own terms: a `superAdminId`, or what was given as `by`. */
  readonly actorId?: string | undefined
}

/** Which key of the server an event is about. */
export interface KeySubject {
  /** Its id; for a signing key, its `kid`. */
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
  /** The user refused: pressed *Cancel* or *Deny*. */
  | (AuditSubject & {
      readonly type: 'authorization.denied'
      readonly error: string
      readonly reason: string
    })
  /** The user did so after having allowed it: the tokens that were issued for it are revoked. */
  | (AuditSubject & { readonly type: 'authorization.withdrawn' })
  /** An authorization request was refused by the server; `reason` is for developers. */
  | (AuditSubject & {
      readonly type: 'authorization.refused'
      readonly error: string
      readonly reason: string
    })
  /** A user proved who they are. */
  | (AuditSubject & { readonly type: 'user.signed-in' })
  /**
   * Somebody failed to. `username` is what was typed. `address-unknown`: the request came from no
   * address, so that attempts could not be counted, and the password was not checked.
   */
  | (AuditSubject & {
      readonly type: 'user.sign-in-failed'
      readonly username: string
      readonly reason: 'invalid-credentials' | 'too-many-attempts' | 'address-unknown'
    })
  /** A user of a foreign tenant met a `TENANT` client. */
  | (AuditSubject & { readonly type: 'tenant.refused'; readonly reason: 'foreign-tenant' })
  /** A user allowed a client to use scopes. */
  | (AuditSubject & { readonly type: 'consent.granted'; readonly scopes: ReadonlyArray<string> })
  /** The token endpoint answered with tokens. */
  | (AuditSubject & { readonly type: 'token.issued'; readonly grantType: GrantType })
  /**
   * The token endpoint gave the response to a refresh once more, within `refreshTokenGraceSeconds`: nothing
   * was issued.
   */
  | (AuditSubject & { readonly type: 'token.response-replayed' })
  /** The token endpoint refused. */
  | (AuditSubject & {
      readonly type: 'token.refused'
      readonly error: string
      readonly reason: string
    })
  /** A spent refresh token or a used code came back: the family is dead. */
  | (AuditSubject & { readonly type: 'token.reuse-detected'; readonly reason: string })
  /** A connection of a user to a client has ended, and with it all of its tokens. */
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
  /** The host ended all access of a user. */
  | (AuditSubject & AuditActor & { readonly type: 'user.access-revoked' })
  /** A client revoked a token of its own. */
  | (AuditSubject & { readonly type: 'token.revoked' })
  /** A client asked about a token. */
  | (AuditSubject & { readonly type: 'token.introspected'; readonly isActive: boolean })
  /**
   * A resource server began to read what was revoked: it had not within the last 15 minutes, or not from
   * this address. `count` is how much there was on its first page.
   */
  | (AuditSubject & { readonly type: 'revocations.read'; readonly count: number })
  /** A client that is no resource server tried to. */
  | (AuditSubject & {
      readonly type: 'revocations.refused'
      readonly reason: 'not-a-resource-server'
    })
  /** A client failed to authenticate. */
  | (AuditSubject & { readonly type: 'client.authentication-failed'; readonly reason: string })
  /**
   * Somebody was not let in as a SuperAdmin. `unauthenticated` and `forbidden` are what the host said;
   * `no-credentials`: it said `unauthenticated` to a request without any, which is no guess. When blocked, or
   * when the request came from no address, so that attempts could not be counted, it was not asked.
   */
  | {
      readonly type: 'super-admin.refused'
      readonly reason:
        | 'no-credentials'
        | 'unauthenticated'
        | 'forbidden'
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
  /** A client was deleted: its tokens are dead. */
  | (AuditSubject & AuditActor & { readonly type: 'client.deleted' })
  /** A client got one more secret. */
  | (AuditSubject &
      AuditActor & { readonly type: 'client.secret-added'; readonly secretId: string })
  /** A secret of a client was removed. */
  | (AuditSubject &
      AuditActor & { readonly type: 'client.secret-removed'; readonly secretId: string })
  /** A key of the server was made, and is published. It signs later. */
  | (KeySubject & { readonly type: 'key.created' })
  /** Somebody had a key sign before its time. */
  | (KeySubject & AuditActor & { readonly type: 'key.rotated' })
  /** Somebody withdrew a key. */
  | (KeySubject & AuditActor & { readonly type: 'key.revoked' })
  /** A key was removed: it was withdrawn, or all that it signed has expired. */
  | (KeySubject & { readonly type: 'key.deleted' })
  /** A request failed for a reason of our own or the host's. */
  | { readonly type: 'server.error'; readonly error: ReportedError }

/**
 * What is reported: an event to be, with an error as it was thrown, and what the server was doing in case
 * the error does not say.
 */
export type ReportedDetail =
  | Exclude<AuditEventDetail, { readonly type: 'server.error' }>
  | { readonly type: 'server.error'; readonly error: unknown; readonly operation?: string }

/** An audit event. */
export type AuditEvent = AuditEventContext & AuditEventDetail

/** Receives audit events. Whatever it returns is ignored; a promise that rejects becomes a process warning. */
export type AuditListener = (event: AuditEvent) => unknown
