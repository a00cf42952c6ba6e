/**
 * The client: a partner's application, as registered (RFC 6749 §2) and as stored.
 *
 * @module
 */

import * as shape from './result-shape.ts'

/** The client audiences. */
export const CLIENT_AUDIENCES = ['TENANT', 'PLATFORM'] as const

/** Whose users may sign in: any tenant's, or only those of the client's own tenant. */
export type ClientAudience = (typeof CLIENT_AUDIENCES)[number]

/** The client types. */
export const CLIENT_TYPES = ['CONFIDENTIAL', 'PUBLIC'] as const

/** Whether the client can keep a secret (RFC 6749 §2.1). */
export type ClientType = (typeof CLIENT_TYPES)[number]

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
  /** Every scope that the client may request. */
  readonly scopes: ReadonlyArray<string>
  /** Compared character by character. */
  readonly redirectUris: ReadonlyArray<string>
  /**
   * The grant types that it may use at the token endpoint: `authorization_code`, `refresh_token`,
   * `client_credentials`. The last is for `CONFIDENTIAL` clients only.
   */
  readonly allowedGrantTypes: ReadonlyArray<string>
  /**
   * How it authenticates (RFC 7591 §2): `client_secret_basic` or `client_secret_post` for `CONFIDENTIAL` clients,
   * `none` for `PUBLIC` ones.
   */
  readonly tokenEndpointAuthMethod: string
  /** PKCE is mandatory for every client. */
  readonly requirePkce: true
  /**
   * Token audiences of the APIs that authenticate as this client: it may introspect access tokens that were issued
   * for them, of every client, and read the revocation feed. Empty for every other client, and for `PUBLIC` ones.
   */
  readonly resourceServerAudiences: ReadonlyArray<string>
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
  /** Starts at 1 and grows by one with every change, including changes of secrets. */
  readonly version: number
  /** Its secrets, oldest first, without their values. Empty for `PUBLIC` clients. */
  readonly secrets: ReadonlyArray<ClientSecret>
}

/** A client secret without its value. */
export interface ClientSecret {
  /** Identifies it among the client's secrets. */
  readonly secretId: string
  /** The first characters of the secret. */
  readonly hint: string
  /** Seconds since the Unix epoch. */
  readonly createdAt: number
  /** Seconds since the Unix epoch; `undefined` when it does not expire. */
  readonly expiresAt: number | undefined
  /**
   * When the client last authenticated with it; seconds since the Unix epoch, accurate to the hour.
   * `undefined` when it never did.
   */
  readonly lastUsedAt: number | undefined
}

/** The fields of a client that registration and updates set. */
export type ClientSettings = Omit<
  Client,
  'clientId' | 'createdAt' | 'updatedAt' | 'version' | 'secrets'
>

/**
 * A client as stored: with the hashes of its secrets. Records of a client with the same `version` differ
 * only in the `lastUsedAt` of secrets.
 */
export interface ClientRecord extends Client {
  /** More than one only while a secret is being rotated. */
  readonly secrets: ReadonlyArray<ClientSecretRecord>
  /**
   * When the last access token expires that was issued with an earlier, longer `accessTokenTtlSeconds`;
   * seconds since the Unix epoch. Absent when the lifetime was never shortened.
   */
  readonly earlierAccessTokensExpireAt?: number | undefined
}

/** A client secret as stored. */
export interface ClientSecretRecord extends ClientSecret {
  /** Base64url SHA-256 of the secret, which has 256 bits of entropy. */
  readonly hash: string
}

const strings = shape.arrayOf(shape.string)

/** What a store must return for a client: every member, with its type. */
export const clientShape: shape.Shape = shape.record<ClientRecord>({
  clientId: shape.nonEmptyString,
  name: shape.string,
  audience: shape.oneOf(...CLIENT_AUDIENCES),
  tenantId: shape.optional(shape.nonEmptyString),
  clientType: shape.oneOf(...CLIENT_TYPES),
  scopes: strings,
  redirectUris: strings,
  allowedGrantTypes: strings,
  tokenEndpointAuthMethod: shape.nonEmptyString,
  requirePkce: shape.oneOf(true),
  resourceServerAudiences: strings,
  accessTokenTtlSeconds: shape.integer,
  refreshTokenTtlSeconds: shape.integer,
  earlierAccessTokensExpireAt: shape.optional(shape.number),
  clientUri: shape.optional(shape.string),
  logoUrl: shape.optional(shape.string),
  tosUri: shape.optional(shape.string),
  policyUri: shape.optional(shape.string),
  createdAt: shape.number,
  updatedAt: shape.number,
  version: shape.integer,
  secrets: shape.arrayOf(
    shape.record<ClientSecretRecord>({
      secretId: shape.nonEmptyString,
      hash: shape.nonEmptyString,
      hint: shape.string,
      createdAt: shape.number,
      expiresAt: shape.optional(shape.number),
      lastUsedAt: shape.optional(shape.number),
    }),
  ),
})
