/**
 * Validates the options and fills in the defaults.
 *
 * @module
 */

import type { JWK } from 'jose'
import { z } from 'zod'
import type { AuthorizeStoredClient } from '../clients/client-access.ts'
import type { ClientReferences } from '../clients/client-fields.ts'
import { ConfigurationError } from '../errors.ts'
import { GRANT_TYPES } from '../grants/grant-types.ts'
import { AUTHENTICATION_METHODS } from '../http/client-authentication/authentication-methods.ts'
import { createGivenKeys, type KeyRing } from '../keys/key-ring.ts'
import { validateSigningKeys } from '../keys/validate-signing-keys.ts'
import { MAXIMUM_CLIENT_CACHE_SECONDS } from '../lifetimes.ts'
import {
  IDENTITY_SCOPE_NAMES,
  IDENTITY_SCOPES,
  type IdentityScope,
} from '../openid-connect/identity-scopes.ts'
import {
  type OpenIdConnect,
  openIdConnectSchema,
  resolveOpenIdConnect,
} from '../openid-connect/openid-connect-options.ts'
import type { PageLanguage } from '../pages/languages/page-language.ts'
import { pagesSchema } from '../pages/pages-options.ts'
import type { ServerPages } from '../pages/server-pages.ts'
import type { Resource } from '../resources/protected-resource.ts'
import { isPermissionCode } from '../scopes/scope.ts'
import { type ScopeCatalogue, TEAMCAST_SCOPES } from '../scopes/scope-catalogue.ts'
import { findStorageIssues } from '../storage/storage-issues.ts'
import { validateIssuer, validateIssuerPath } from '../urls/issuer.ts'
import { type Clock, checkedClock, systemClock } from '../util/clock.ts'
import { isObject } from '../util/is-object.ts'
import {
  clockOption,
  functionOption,
  OPTION_WORDS,
  secretOption,
  storageOption,
  wholeNumberOption,
} from '../util/option-schemas.ts'
import { findSchemaIssues } from '../util/schema-issues.ts'
import type { AuthorizationServerOptions } from './authorization-server-options.ts'
import { checkAuthorizeClient, checkIdentityFunctions, checkPages } from './host-functions.ts'
import {
  findAudienceIssues,
  findKeyIssues,
  findSignInIssues,
  findSuperAdminIssues,
  findTranslationIssues,
} from './option-issues.ts'
import {
  type AudienceOptions,
  audienceSchema,
  audiencesOf,
  resolveResources,
  resourcesSchema,
  scopeDescriptionSchema,
  scopesSchema,
} from './resource-options.ts'
import { superAdminPagesSchema } from './super-admin-pages-options.ts'

/** Defaults of the options that have a plain one. */
const DEFAULTS = {
  requireState: false,
  refreshTokenGraceSeconds: 0,
  storageTimeoutMilliseconds: 2000,
  clientCacheMilliseconds: 1000,
  revocationCacheMilliseconds: 1000,
} as const

type Defaulted = Required<Pick<AuthorizationServerOptions, keyof typeof DEFAULTS>>

/** Options with every default filled in; frozen. */
export interface ResolvedOptions
  extends Defaulted,
    Omit<
      AuthorizationServerOptions,
      | keyof Defaulted
      | 'keys'
      | 'signingKeys'
      | 'cookieKeys'
      | 'scopes'
      | 'authorizeClient'
      | 'openIdConnect'
      | 'audience'
      | 'pages'
      | 'clock'
    > {
  readonly keys: KeyRing
  /** The scope catalogue of the host, and the identity scopes with `openIdConnect`. */
  readonly scopes: ScopeCatalogue
  /** What clients may be registered for. */
  readonly clientReferences: ClientReferences
  /** `undefined` when it is off. */
  readonly openIdConnect: OpenIdConnect | undefined
  readonly authorizeClient: AuthorizeStoredClient
  readonly defaultScopes: ReadonlyArray<string>
  /** The APIs. */
  readonly resources: ReadonlyArray<Resource>
  readonly pages: ServerPages
  readonly clock: Clock
}

const MAXIMUM_GRACE_SECONDS = 60

const optionsSchema = z.strictObject(
  {
    issuer: z.string('must be a string').superRefine((issuer, context) => {
      const problem = validateIssuer(issuer) ?? validateIssuerPath(new URL(issuer))
      if (problem !== undefined) context.addIssue(problem)
    }),
    storage: storageOption(findStorageIssues),
    keys: z
      .custom(isKeyRing, 'must be what openManagedKeys() resolves to, after it has resolved')
      .optional(),
    signingKeys: z
      .array(
        z.custom(isObject, 'must be a JWK or an ExternalSigningKey'),
        'must be an array of private RSA JWKs, or of ExternalSigningKeys',
      )
      .min(1, 'must contain at least one RSA key')
      .superRefine((keys, context) => {
        for (const { path, message } of validateSigningKeys(keys as Array<JWK>)) {
          context.addIssue({ code: 'custom', message, path: path.split('.').slice(1).map(Number) })
        }
      })
      .optional(),
    cookieKeys: z
      .array(secretOption, 'must be an array of secrets')
      .min(1, 'must contain at least one secret')
      .optional(),
    scopes: z
      .record(
        z.string().refine(isPermissionCode, 'must be named "resource:action"'),
        scopeDescriptionSchema,
        'must map permission codes to sentences',
      )
      .refine((scopes) => Object.keys(scopes).length > 0, 'must not be empty')
      .optional(),
    audience: audienceSchema.optional(),
    resources: resourcesSchema.optional(),
    openIdConnect: openIdConnectSchema.optional(),
    findUser: functionOption,
    authorizeClient: functionOption.optional(),
    authenticateUser: functionOption.optional(),
    hostSession: z
      .strictObject(
        { signedInUser: functionOption, signInUrl: functionOption },
        'must be an object with signedInUser() and signInUrl()',
      )
      .optional(),
    authorizeSuperAdmin: functionOption.optional(),
    superAdminPages: superAdminPagesSchema.optional(),
    pages: pagesSchema.optional(),
    onEvent: functionOption.optional(),
    requireState: z.boolean('must be true or false').optional(),
    defaultScopes: scopesSchema.optional(),
    refreshTokenGraceSeconds: wholeNumberOption('seconds', 0, MAXIMUM_GRACE_SECONDS),
    storageTimeoutMilliseconds: wholeNumberOption('milliseconds', 100, 30_000),
    clientCacheMilliseconds: wholeNumberOption(
      'milliseconds',
      0,
      MAXIMUM_CLIENT_CACHE_SECONDS * 1000,
    ),
    revocationCacheMilliseconds: wholeNumberOption(
      'milliseconds',
      0,
      MAXIMUM_CLIENT_CACHE_SECONDS * 1000,
    ),
    clock: clockOption.optional(),
  },
  'must be an object',
)

/**
 * Validates options and fills in the defaults.
 *
 * @throws {@link ConfigurationError} with everything that is wrong.
 */
export function resolveOptions(given: AuthorizationServerOptions): ResolvedOptions {
  // Copied, so that getters are read once: the validated values are the used ones.
  const options = isObject(given) ? { ...given } : given
  const issues = [
    ...findSchemaIssues(optionsSchema, options, OPTION_WORDS),
    ...findKeyIssues(options),
    ...findSignInIssues(options),
    ...findSuperAdminIssues(options),
    ...findAudienceIssues(options),
  ]
  if (issues.length === 0) issues.push(...findTranslationIssues(options))
  if (issues.length > 0) throw new ConfigurationError(issues)
  const { audience: _audience, keys, signingKeys, cookieKeys, ...rest } = options
  const ownScopes = options.scopes ?? TEAMCAST_SCOPES
  const openIdConnect =
    options.openIdConnect && resolveOpenIdConnect(options.issuer, options.openIdConnect)
  const pages = checkPages(options.pages ?? {})
  const clientReferences = clientReferencesOf(options, pages.languages)
  const clock = options.clock === undefined ? systemClock : checkedClock(options.clock)
  const defaulted = Object.entries(DEFAULTS).map(([name, value]) => [
    name,
    options[name as keyof Defaulted] ?? value,
  ])
  return Object.freeze({
    ...rest,
    ...(Object.fromEntries(defaulted) as Defaulted),
    ...checkIdentityFunctions(options, openIdConnect?.optionalClaims ?? [], clock),
    authorizeClient: checkAuthorizeClient(options.authorizeClient),
    keys: keys ?? createGivenKeys(signingKeys ?? [], cookieKeys ?? []),
    scopes: clientReferences.catalogue,
    clientReferences,
    openIdConnect,
    defaultScopes: Object.freeze([...(options.defaultScopes ?? [])]),
    resources: resolveResources(options, Object.keys(ownScopes)),
    pages,
    clock,
  })
}

/** The options that decide what a client may be registered for. */
export type ClientReferenceOptions = Omit<AudienceOptions, 'defaultScopes'>

const clientReferencesSchema = optionsSchema
  .pick({ issuer: true, scopes: true, audience: true, resources: true, openIdConnect: true })
  .partial({ issuer: true })

/**
 * Validates only the options that decide what a client may be registered for. The audiences are not known if none of `issuer`,
 * `audience` and `resources` is given.
 *
 * @throws {@link ConfigurationError} with everything that is wrong.
 */
export function resolveClientReferences(given: ClientReferenceOptions): ClientReferences {
  const issues = [
    ...findSchemaIssues(clientReferencesSchema, given, OPTION_WORDS),
    ...findAudienceIssues(given),
  ]
  if (issues.length > 0) throw new ConfigurationError(issues)
  return clientReferencesOf(given)
}

/** @param languages The languages of the pages, for the sentences of the identity scopes. */
function clientReferencesOf(
  options: ClientReferenceOptions,
  languages: ReadonlyArray<PageLanguage> = [],
): ClientReferences {
  const { scopes = TEAMCAST_SCOPES, openIdConnect } = options
  const identityScopes = openIdConnect === undefined ? {} : identityScopesIn(languages)
  return {
    catalogue: Object.freeze({ ...identityScopes, ...scopes }),
    audiences: audiencesOf(options),
    grantTypes: GRANT_TYPES,
    authenticationMethods: AUTHENTICATION_METHODS,
  }
}

/** The identity scopes, with their sentences in languages. */
function identityScopesIn(languages: ReadonlyArray<PageLanguage>): ScopeCatalogue {
  const sentencesOf = (scope: IdentityScope): Record<string, string> =>
    Object.fromEntries(languages.map(({ tag, messages }) => [tag, messages.identityScopes[scope]]))
  return Object.fromEntries(
    IDENTITY_SCOPE_NAMES.map((scope) => {
      const description = IDENTITY_SCOPES[scope]
      return [scope, { description, translations: sentencesOf(scope) }]
    }),
  )
}

const KEY_RING_METHODS = {
  signJwt: true,
  verifyJwt: true,
  verificationKey: true,
  publishedKeys: true,
  cookieKeys: true,
} satisfies Record<keyof KeyRing, true>

function isKeyRing(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.keys(KEY_RING_METHODS).every((method) => typeof value[method] === 'function')
  )
}
