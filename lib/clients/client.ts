/**
 * The client: a partner's application, as registered (RFC 6749 §2).
 *
 * @module
 */

/** Whose users may sign in: any tenant's, or only those of the client's own tenant. */
export type ClientAudience = 'TENANT' | 'PLATFORM'

/** Whether the client can keep a secret (RFC 6749 §2.1). */
export type ClientType = 'CONFIDENTIAL' | 'PUBLIC'

/** The grant types that a client can be registered for (RFC 7591 §2). lib/grants handles them. */
export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials'] as const

/** A grant type that a client can be registered for. */
export type GrantType = (typeof GRANT_TYPES)[number]

/**
 * How clients can authenticate (RFC 7591 §2). lib/http/client-authentication checks them. `none` is for
 * `PUBLIC` clients, every other for `CONFIDENTIAL` ones.
 */
export const AUTHENTICATION_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const

/** How a client authenticates: its `token_endpoint_auth_method`. */
export type TokenEndpointAuthMethod = (typeof AUTHENTICATION_METHODS)[number]

/** A client as partners and administrators see it. It holds no secret. */
export interface Client {
  /** Identifies the client; assigned at registration. */
  readonly clientId: string
  /** Shown on the consent screen; 3 to 255 characters. */
  readonly name: string
  /** Whose users may sign in. Immutable. */
  readonly audience: ClientAudience
  /** The tenant a `TENANT` client is bound to; `undefined` for a `PLATFORM` client. Immutable. */
  readonly tenantId: string | undefined
  /** Whether it has a secret. Immutable. */
  readonly clientType: ClientType
  /** The most this client may ever request. */
  readonly scopes: ReadonlyArray<string>
  /** Matched exactly, character by character. */
  readonly redirectUris: ReadonlyArray<string>
  /** What it may use at the token endpoint. */
  readonly allowedGrantTypes: ReadonlyArray<GrantType>
  /** How it authenticates. `none` for `PUBLIC` clients, a secret for `CONFIDENTIAL` ones. */
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod
  /** PKCE is mandatory for every client. */
  readonly requirePkce: true
  /** Lifetime of its access tokens, in seconds. */
  readonly accessTokenTtlSeconds: number
  /** Lifetime of its refresh tokens, in seconds. */
  readonly refreshTokenTtlSeconds: number
  /** The client's home page; an https URL. */
  readonly clientUri: string | undefined
  /** The client's logo; an https URL. */
  readonly logoUrl: string | undefined
  /** The client's terms of service; an https URL. */
  readonly tosUri: string | undefined
  /** The client's privacy policy; an https URL. */
  readonly policyUri: string | undefined
  /** Seconds since the Unix epoch. */
  readonly createdAt: number
  /** Seconds since the Unix epoch. */
  readonly updatedAt: number
  /** Grows by one with every change, of its secrets too; starts at 1. */
  readonly version: number
  /** What there is to know of its secrets, oldest first; empty for `PUBLIC` clients. */
  readonly secrets: ReadonlyArray<ClientSecret>
}

/** What there is to know of a client secret once it was shown. */
export interface ClientSecret {
  /** Names it among the client's secrets. */
  readonly secretId: string
  /** The secret's first characters, to tell one from another. */
  readonly hint: string
  /** Seconds since the Unix epoch. */
  readonly createdAt: number
  /** Seconds since the Unix epoch; `undefined` when it does not expire. */
  readonly expiresAt: number | undefined
  /**
   * When the client last authenticated with it, to the hour; seconds since the Unix epoch. `undefined`
   * when it never did.
   */
  readonly lastUsedAt: number | undefined
}

/** The fields of a client that somebody chooses. */
export type ClientSettings = Omit<
  Client,
  'clientId' | 'createdAt' | 'updatedAt' | 'version' | 'secrets'
>

/**
 * A client as stored: with the hashes of its secrets. Two records of a client with the same `version`
 * differ in nothing but the `lastUsedAt` of secrets.
 */
export interface ClientRecord extends Client {
  /** At most a few: more than one only while a secret is being rotated. */
  readonly secrets: ReadonlyArray<ClientSecretRecord>
  /**
   * When the last access token has expired that was issued with a longer `accessTokenTtlSeconds`; seconds
   * since the Unix epoch. Absent when there never was a longer one.
   */
  readonly earlierAccessTokensExpireAt?: number | undefined
}

/** What is stored of a client secret. */
export interface ClientSecretRecord extends ClientSecret {
  /** Base64url SHA-256 of the secret, which has 256 bits of entropy. */
  readonly hash: string
}
