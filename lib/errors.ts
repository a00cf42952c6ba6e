/**
 * The errors a host or a resource server can meet. Switch on `code`; messages may change.
 *
 * @module
 */

import type { ClientRule, ClientRuleValues } from './client-rules.ts'

/** Discriminates the errors of this package. */
export type ErrorCode =
  | 'ERR_CONFIGURATION_INVALID'
  | 'ERR_CLIENT_METADATA_INVALID'
  | 'ERR_CLIENT_NOT_FOUND'
  | 'ERR_CLIENT_SECRET_NOT_FOUND'
  | 'ERR_CONFLICT'
  | 'ERR_PRECONDITION_FAILED'
  | 'ERR_STORAGE'
  | 'ERR_SIGNING'
  | 'ERR_CLIENT_AUTHORIZATION'
  | 'ERR_ACCESS_TOKEN_MISSING'
  | 'ERR_ACCESS_TOKEN_INVALID'
  | 'ERR_AUTHORIZATION_HEADER_INVALID'
  | 'ERR_INSUFFICIENT_SCOPE'
  | 'ERR_JWKS_UNAVAILABLE'
  | 'ERR_REVOCATIONS_UNAVAILABLE'
  | 'ERR_REQUEST_AMBIGUOUS'
  | 'ERR_API_KEY_INVALID'
  | 'ERR_TENANT_MISSING'
  | 'ERR_TENANT_MISMATCH'

/** Base of every error thrown on purpose by this package. */
export abstract class OAuthServerError extends Error {
  /** Discriminant; switch on this rather than on `message`. */
  abstract readonly code: ErrorCode
}

/** A problem of options or of client metadata. */
export interface Issue {
  /** The option or field, for example `signingKeys.0.n`. */
  readonly path: string
  /** What is wrong and what to do, for example `must be an https URL`. */
  readonly message: string
}

/** A problem of client metadata. */
export interface ClientIssue extends Issue {
  /**
   * The rule that is broken, for a form that says it in its own words. Absent where no value of a form is wrong: for a
   * wrong type, an unknown or immutable field, or the last secret, which must stay.
   */
  readonly rule?: ClientRule
  /** With a `rule`: the limits, names and texts that `message` contains, for example `{ minimum: 3 }`. */
  readonly values?: ClientRuleValues
}

/**
 * The issues of unknown options, which may be misspelt.
 *
 * @internal
 */
export function unknownOptions(paths: ReadonlyArray<string>): Array<Issue> {
  return paths.map((path) => ({ path, message: 'is not an option; check its spelling' }))
}

const describe = (issues: ReadonlyArray<Issue>): string =>
  issues.map(({ path, message }) => `"${path}" ${message}`).join('; ')

/** Thrown at start-up when options are invalid, with all problems. */
export class ConfigurationError extends OAuthServerError {
  override readonly name = 'ConfigurationError'
  override readonly code = 'ERR_CONFIGURATION_INVALID'
  /** Every rejected option. */
  readonly issues: ReadonlyArray<Issue>

  /** @ignore */
  constructor(issues: ReadonlyArray<Issue>) {
    super(describe(issues))
    this.issues = issues
  }
}

/** Thrown when client metadata is invalid, with all problems. */
export class ClientMetadataError extends OAuthServerError {
  override readonly name = 'ClientMetadataError'
  override readonly code = 'ERR_CLIENT_METADATA_INVALID'
  /** Every rejected field. */
  readonly issues: ReadonlyArray<ClientIssue>

  /** @ignore */
  constructor(issues: ReadonlyArray<ClientIssue>) {
    super(describe(issues))
    this.issues = issues
  }
}

/** Thrown when a client does not exist. */
export class ClientNotFoundError extends OAuthServerError {
  override readonly name = 'ClientNotFoundError'
  override readonly code = 'ERR_CLIENT_NOT_FOUND'

  /** @ignore */
  constructor(clientId: string) {
    super(`client "${clientId}" does not exist`)
  }
}

/** Thrown when a client has no secret with an id. */
export class ClientSecretNotFoundError extends OAuthServerError {
  override readonly name = 'ClientSecretNotFoundError'
  override readonly code = 'ERR_CLIENT_SECRET_NOT_FOUND'

  /** @ignore */
  constructor(clientId: string, secretId: string) {
    super(`client "${clientId}" has no secret "${secretId}"`)
  }
}

/** Thrown when a client is not at the expected version. Nothing was changed. */
export class PreconditionFailedError extends OAuthServerError {
  override readonly name = 'PreconditionFailedError'
  override readonly code = 'ERR_PRECONDITION_FAILED'

  /** @ignore */
  constructor(clientId: string) {
    super(`client "${clientId}" has changed since you read it; read it again`)
  }
}

/** Thrown when a record was changed concurrently. The call changed nothing. */
export class ConflictError extends OAuthServerError {
  override readonly name = 'ConflictError'
  override readonly code = 'ERR_CONFLICT'
}

/** Options of a {@link StorageError}. */
export interface StorageErrorOptions extends ErrorOptions {
  /** See {@link StorageError.operation}. */
  readonly operation?: string
}

/** Thrown by a store whose backend failed; `cause` is the driver's error. */
export class StorageError extends OAuthServerError {
  override readonly name = 'StorageError'
  override readonly code = 'ERR_STORAGE'
  /** What failed, for example `redis: families.rotate()`. The server fills it in if the store does not. */
  operation: string | undefined

  constructor(message?: string, { operation, ...options }: StorageErrorOptions = {}) {
    super(message, options)
    this.operation = operation
  }
}

/** Thrown when an external signing key fails or returns an invalid signature; `cause` is its error, if any. */
export class SigningError extends OAuthServerError {
  override readonly name = 'SigningError'
  override readonly code = 'ERR_SIGNING'
  /** What failed. */
  readonly operation = 'sign()'
}

/** Thrown when the host's `authorizeClient` throws or takes too long; `cause` is its error. */
export class ClientAuthorizationError extends OAuthServerError {
  override readonly name = 'ClientAuthorizationError'
  override readonly code = 'ERR_CLIENT_AUTHORIZATION'
  /** What failed. */
  readonly operation = 'authorizeClient()'

  /** @ignore */
  constructor(options: ErrorOptions) {
    super('authorizeClient failed', options)
  }
}

/**
 * Whether an error is a temporary failure of the storage, a signing key or the host's decision about a client:
 * the response is 503.
 *
 * @internal
 */
export function isUnavailable(error: unknown): boolean {
  return [StorageError, SigningError, ClientAuthorizationError].some(
    (kind) => error instanceof kind,
  )
}
