/**
 * The fields of a client: what each may hold, the rules between them, and which are immutable. Their types are in
 * storage/client.ts.
 *
 * @module
 */

import { z } from 'zod'
import type { Issue } from '../errors.ts'
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

/** Creates the schemas for a server. */
export function fieldSchemas({ catalogue, audiences, ...choices }: ClientReferences): FieldSchemas {
  const grantTypes = [...choices.grantTypes.keys()]
  const authenticationMethods = [...choices.authenticationMethods.keys()]
  return {
    name: z
      .string('must be a string')
      .trim()
      .min(3, 'must have at least 3 characters')
      .max(255, 'must have at most 255 characters')
      .refine(
        (name) => !DECEPTIVE_CHARACTERS.test(name),
        'must not contain control or invisible characters',
      )
      .refine((name) => LETTER_OR_DIGIT.test(name), 'must contain a letter or a digit'),
    audience: z.enum(CLIENT_AUDIENCES, `must be ${oneOf(CLIENT_AUDIENCES)}`),
    tenantId: optional(
      z
        .string('must be a string')
        .refine((tenantId) => tenantId.trim() !== '', 'must not be empty')
        .refine(
          (tenantId) => !UNPRINTABLE_CHARACTERS.test(tenantId),
          'must not contain control characters',
        )
        .max(255, 'must have at most 255 characters'),
    ),
    clientType: z.enum(CLIENT_TYPES, `must be ${oneOf(CLIENT_TYPES)}`),
    scopes: z
      .array(
        z.string('must be a string').refine((scope) => Object.hasOwn(catalogue, scope), {
          error: ({ input }) => `is unknown: ${JSON.stringify(input).slice(0, 80)}`,
        }),
        'must be an array of scopes',
      )
      .min(1, 'must contain at least one scope')
      .max(MAXIMUM_CHOICES, `must contain at most ${MAXIMUM_CHOICES} scopes`)
      .transform(unique),
    redirectUris: z
      .array(
        z.string('must be a string').superRefine((redirectUri, context) => {
          const problem = validateRedirectUri(redirectUri)
          if (problem !== undefined) context.addIssue(problem)
        }),
        'must be an array of URLs',
      )
      .max(MAXIMUM_REDIRECT_URIS, `must contain at most ${MAXIMUM_REDIRECT_URIS} URLs`)
      .transform(unique),
    allowedGrantTypes: z
      .array(z.enum(grantTypes, `must be ${oneOf(grantTypes)}`), 'must be an array of grant types')
      .min(1, 'must contain at least one grant type')
      .max(MAXIMUM_CHOICES, `must contain at most ${MAXIMUM_CHOICES} grant types`)
      .transform(unique),
    tokenEndpointAuthMethod: z.enum(
      authenticationMethods,
      `must be ${oneOf(authenticationMethods)}`,
    ),
    requirePkce: z.literal(true, 'must be true: PKCE is mandatory for every client'),
    resourceServerAudiences: z
      .array(
        z
          .string('must be a string')
          .max(MAXIMUM_URL_LENGTH, `must have at most ${MAXIMUM_URL_LENGTH} characters`)
          .refine(isAbsoluteUri, { error: 'must be an absolute URI without fragment', abort: true })
          .refine((audience) => audiences?.some((known) => isSameUri(known, audience)) ?? true, {
            error: () => `must be ${oneOf(audiences ?? [])}: the audiences of this server's APIs`,
          }),
        'must be an array of token audiences',
      )
      .max(MAXIMUM_AUDIENCES, `must contain at most ${MAXIMUM_AUDIENCES} audiences`)
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

type Rule = readonly [isBroken: boolean, path: keyof ClientSettings, message: string]

/** Validates the rules between fields. Skips fields that are invalid by themselves. */
export function findContradictions(
  { grantTypes: knownGrantTypes, authenticationMethods }: ClientReferences,
  settings: Partial<ClientSettings>,
): ReadonlyArray<Issue> {
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
  const rules: ReadonlyArray<Rule> = [
    [
      audience === 'TENANT' && tenantId === undefined,
      'tenantId',
      'is missing; a TENANT client is bound to a tenant',
    ],
    [
      audience === 'PLATFORM' && tenantId !== undefined,
      'tenantId',
      'must be left out: a PLATFORM client has no tenant',
    ],
    [
      clientType === 'PUBLIC' && method !== undefined && !methods.includes(method),
      'tokenEndpointAuthMethod',
      `must be ${oneOf(methods)}: a PUBLIC client has no secret`,
    ],
    [
      clientType === 'CONFIDENTIAL' && method !== undefined && !methods.includes(method),
      'tokenEndpointAuthMethod',
      `must be ${oneOf(methods)}: ${method} is for PUBLIC clients only`,
    ],
    ...wrongGrantTypes.map(
      (name): Rule => [
        true,
        'allowedGrantTypes',
        `must not contain ${name}: it is for CONFIDENTIAL clients only`,
      ],
    ),
    [
      grantTypes.includes('refresh_token') && !usesAuthorizationCode,
      'allowedGrantTypes',
      'must contain authorization_code to contain refresh_token',
    ],
    [
      usesAuthorizationCode && redirectUris?.length === 0,
      'redirectUris',
      'must contain at least one URL: authorization_code needs it',
    ],
    [
      clientType === 'PUBLIC' && resourceServerAudiences.length > 0,
      'resourceServerAudiences',
      'must be empty: only a CONFIDENTIAL client can be a resource server',
    ],
    [
      clientType === 'CONFIDENTIAL' && (redirectUris ?? []).some(isPrivateUseRedirectUri),
      'redirectUris',
      'must be https URLs: app schemes are for PUBLIC clients only',
    ],
  ]
  return rules.flatMap(([isBroken, path, message]) => (isBroken ? [{ path, message }] : []))
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
  .max(MAXIMUM_URL_LENGTH, `must have at most ${MAXIMUM_URL_LENGTH} characters`)
  .refine(isHttpsUrl, 'must be an https URL, in ASCII and without credentials')

/** `null` stands for an absent field: JSON has no `undefined`. */
function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<unknown> {
  return schema.nullish().transform((value) => value ?? undefined)
}

function seconds(minimum: number, maximum: number, defaultValue: number): z.ZodType<unknown> {
  return z
    .int('must be a whole number of seconds')
    .min(minimum, `must be at least ${minimum} seconds`)
    .max(maximum, `must be at most ${maximum} seconds`)
    .nullish()
    .transform((value) => value ?? defaultValue)
}

function unique<Item>(items: ReadonlyArray<Item>): ReadonlyArray<Item> {
  return [...new Set(items)]
}

const orList = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** For example `a, b or c`. */
export function oneOf(names: ReadonlyArray<string>): string {
  return orList.format(names)
}
