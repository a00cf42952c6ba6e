/**
 * The fields of a client: what each may hold, the rules between them, and which are immutable. Their types are in
 * storage/client.ts.
 *
 * @module
 */

import { z } from 'zod'
import type { ClientRule } from '../client-rules.ts'
import type { ClientIssue } from '../errors.ts'
import {
  DEFAULT_ACCESS_TOKEN_TTL_SECONDS,
  DEFAULT_REFRESH_TOKEN_TTL_SECONDS,
  MAXIMUM_ACCESS_TOKEN_TTL_SECONDS,
} from '../lifetimes.ts'
import { isAbsoluteUri, isSameUri } from '../resources/protected-resource.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import {
  CLIENT_AUDIENCES,
  CLIENT_TYPES,
  type ClientSettings,
  type ClientType,
} from '../storage/client.ts'
import { issueOfRule } from './client-issue.ts'
import { isHttpsUrl, isPrivateUseRedirectUri, validateRedirectUri } from './redirect-uri.ts'

const MAXIMUM_REDIRECT_URIS = 20
const MAXIMUM_URL_LENGTH = 2000
const MAXIMUM_AUDIENCES = 100
// More than there are of anything: it bounds the error response.
const MAXIMUM_CHOICES = 1000
// Control characters, line separators, lone surrogates and invisible characters: a name must be what it
// seems. Joiners and variation selectors stay: some scripts and emoji need them.
const DECEPTIVE_CHARACTERS =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}[\p{Default_Ignorable_Code_Point}--[\u200C\u200D\uFE00-\uFE0F]]]/v
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const UNPRINTABLE_CHARACTERS = /[\p{Cc}\p{Cs}]/u

/** Fields that cannot change after registration. */
export const IMMUTABLE_FIELDS = ['audience', 'tenantId', 'clientType'] as const

/** The schema of each field. */
export type FieldSchemas = { readonly [Field in keyof ClientSettings]: z.ZodType<unknown> }

/** What a client may be registered for. */
export interface ClientReferences {
  readonly catalogue: ScopeCatalogue
  /** The token audiences of the server's APIs; `undefined` when they are not known. */
  readonly audiences: ReadonlyArray<string> | undefined
  /** The grant types by name. */
  readonly grantTypes: ClientChoices
  /** The authentication methods by name. */
  readonly authenticationMethods: ClientChoices<{ readonly usesSecret: boolean }>
}

/** Names, each with the types of the clients that may be registered for it. */
export type ClientChoices<More = unknown> = ReadonlyMap<
  string,
  More & { readonly clientTypes: ReadonlyArray<ClientType> }
>

/** A rule as the message of a schema. The others are about what only a program gets wrong. */
const rule = (id: ClientRule): ClientRule => id

/** Creates the schemas for a server. */
export function fieldSchemas({ catalogue, audiences, ...choices }: ClientReferences): FieldSchemas {
  const grantTypes = [...choices.grantTypes.keys()]
  const authenticationMethods = [...choices.authenticationMethods.keys()]
  return {
    name: z
      .string('must be a string')
      .trim()
      .min(3, rule('too-short'))
      .max(255, rule('too-long'))
      .refine((name) => !DECEPTIVE_CHARACTERS.test(name), rule('invisible-characters'))
      .refine((name) => LETTER_OR_DIGIT.test(name), rule('no-letter-or-digit')),
    audience: z.enum(CLIENT_AUDIENCES, rule('not-a-choice')),
    tenantId: optional(
      z
        .string('must be a string')
        .refine((tenantId) => tenantId.trim() !== '', 'must not be empty')
        .refine((tenantId) => !UNPRINTABLE_CHARACTERS.test(tenantId), rule('control-characters'))
        .max(255, rule('too-long')),
    ),
    clientType: z.enum(CLIENT_TYPES, rule('not-a-choice')),
    scopes: z
      .array(
        z.string('must be a string').superRefine((scope, context) => {
          if (Object.hasOwn(catalogue, scope)) return
          const params = { scope: shorten(scope) }
          context.addIssue({ code: 'custom', message: rule('scope-unknown'), params })
        }),
        'must be an array of scopes',
      )
      .min(1, rule('scopes-missing'))
      .max(MAXIMUM_CHOICES, rule('scopes-too-many'))
      .transform(unique),
    redirectUris: z
      .array(
        z.string('must be a string').superRefine((redirectUri, context) => {
          const { rule: message, values } = validateRedirectUri(redirectUri) ?? {}
          if (message !== undefined) context.addIssue({ code: 'custom', message, params: values })
        }),
        'must be an array of URLs',
      )
      .max(MAXIMUM_REDIRECT_URIS, rule('redirect-uris-too-many'))
      .transform(unique),
    allowedGrantTypes: z
      .array(z.enum(grantTypes, rule('not-a-choice')), 'must be an array of grant types')
      .min(1, rule('grant-types-missing'))
      .max(MAXIMUM_CHOICES, rule('grant-types-too-many'))
      .transform(unique),
    tokenEndpointAuthMethod: z.enum(authenticationMethods, rule('not-a-choice')),
    requirePkce: z.literal(true, 'must be true: PKCE is mandatory for every client'),
    resourceServerAudiences: z
      .array(
        z
          .string('must be a string')
          .max(MAXIMUM_URL_LENGTH, rule('too-long'))
          .refine(isAbsoluteUri, { error: rule('audience-not-absolute'), abort: true })
          .refine((audience) => audiences?.some((known) => isSameUri(known, audience)) ?? true, {
            error: rule('audience-unknown'),
            params: { allowed: audiences },
          }),
        'must be an array of token audiences',
      )
      .max(MAXIMUM_AUDIENCES, rule('audiences-too-many'))
      .nullish()
      .transform((value) => unique(value ?? [])),
    accessTokenTtlSeconds: seconds(
      60,
      MAXIMUM_ACCESS_TOKEN_TTL_SECONDS,
      DEFAULT_ACCESS_TOKEN_TTL_SECONDS,
    ),
    refreshTokenTtlSeconds: seconds(300, 31_536_000, DEFAULT_REFRESH_TOKEN_TTL_SECONDS),
    clientUri: optional(httpsUrl),
    logoUrl: optional(httpsUrl),
    tosUri: optional(httpsUrl),
    policyUri: optional(httpsUrl),
  }
}

type Contradiction = readonly [exists: boolean, issue: ClientIssue]

/** Validates the rules between fields. Skips fields that are invalid by themselves. */
export function findContradictions(
  { grantTypes: knownGrantTypes, authenticationMethods }: ClientReferences,
  settings: Partial<ClientSettings>,
): ReadonlyArray<ClientIssue> {
  const { audience, tenantId, clientType, tokenEndpointAuthMethod: method } = settings
  const {
    allowedGrantTypes: grantTypes = [],
    redirectUris,
    resourceServerAudiences = [],
  } = settings
  const usesAuthorizationCode = grantTypes.includes('authorization_code')
  const methods = choicesFor(clientType, authenticationMethods)
  const allowed = choicesFor(clientType, knownGrantTypes)
  const wrongGrantTypes = grantTypes.filter(
    (name) => clientType !== undefined && !allowed.includes(name),
  )
  const isWrongMethod =
    clientType !== undefined && method !== undefined && !methods.includes(method)
  const contradictions: ReadonlyArray<Contradiction> = [
    [audience === 'TENANT' && tenantId === undefined, issueOfRule('tenantId', 'tenant-missing')],
    [
      audience === 'PLATFORM' && tenantId !== undefined,
      { path: 'tenantId', message: 'must be left out: a PLATFORM client has no tenant' },
    ],
    [
      clientType === 'PUBLIC' && isWrongMethod,
      issueOfRule('tokenEndpointAuthMethod', 'method-of-public', { allowed: methods }),
    ],
    [
      clientType === 'CONFIDENTIAL' && isWrongMethod,
      issueOfRule('tokenEndpointAuthMethod', 'method-of-confidential', {
        allowed: methods,
        method: [method ?? ''],
      }),
    ],
    ...wrongGrantTypes.map(
      (name): Contradiction => [
        true,
        issueOfRule('allowedGrantTypes', 'grant-type-confidential', { grantType: [name] }),
      ],
    ),
    [
      grantTypes.includes('refresh_token') && !usesAuthorizationCode,
      issueOfRule('allowedGrantTypes', 'refresh-token-alone'),
    ],
    [
      usesAuthorizationCode && redirectUris?.length === 0,
      issueOfRule('redirectUris', 'redirect-uris-missing'),
    ],
    [
      clientType === 'PUBLIC' && resourceServerAudiences.length > 0,
      issueOfRule('resourceServerAudiences', 'audiences-of-public'),
    ],
    [
      clientType === 'CONFIDENTIAL' && (redirectUris ?? []).some(isPrivateUseRedirectUri),
      issueOfRule('redirectUris', 'redirect-uri-app-scheme'),
    ],
  ]
  return contradictions.flatMap(([exists, issue]) => (exists ? [issue] : []))
}

function choicesFor(
  clientType: ClientType | undefined,
  choices: ClientChoices,
): ReadonlyArray<string> {
  return [...choices].flatMap(([name, { clientTypes }]) =>
    clientTypes.some((type) => type === clientType) ? [name] : [],
  )
}

const httpsUrl = z
  .string('must be a string')
  .max(MAXIMUM_URL_LENGTH, rule('too-long'))
  .refine(isHttpsUrl, rule('not-https-url'))

/** `null` stands for an absent field: JSON has no `undefined`. */
function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<unknown> {
  return schema.nullish().transform((value) => value ?? undefined)
}

function seconds(minimum: number, maximum: number, defaultValue: number): z.ZodType<unknown> {
  return z
    .int(rule('lifetime-not-whole'))
    .min(minimum, rule('lifetime-too-short'))
    .max(maximum, rule('lifetime-too-long'))
    .nullish()
    .transform((value) => value ?? defaultValue)
}

/** Shortens what somebody has sent, for an error. */
function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function unique<Item>(items: ReadonlyArray<Item>): ReadonlyArray<Item> {
  return [...new Set(items)]
}
