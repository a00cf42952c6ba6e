/**
 * The rules of the client table: which fields a client has, what each may hold, and what they may not
 * be together. Every problem is found at once and names its field.
 *
 * @module
 */

import { z } from 'zod'
import { ClientMetadataError, type Issue } from '../errors.ts'
import {
  DEFAULT_ACCESS_TOKEN_TTL_SECONDS,
  DEFAULT_REFRESH_TOKEN_TTL_SECONDS,
} from '../lifetimes.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Client } from './client.ts'
import { isHttpsUrl, isPrivateUseRedirectUri, problemOfRedirectUri } from './redirect-uri.ts'

/** The fields of a client that somebody chooses. */
export type ClientSettings = Omit<Client, 'clientId' | 'createdAt' | 'updatedAt'>

const IMMUTABLE_FIELDS: ReadonlySet<string> = new Set(['audience', 'tenantId', 'clientType'])
const MAXIMUM_REDIRECT_URIS = 20
const MAXIMUM_URL_LENGTH = 2000
// Controls, line separators, half characters, and what nobody sees or turns a text around: a name must
// be what it seems. The joiners and selectors that some scripts and emoji are made with may stay.
const DECEPTIVE_CHARACTERS =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}[\p{Default_Ignorable_Code_Point}--[\u200C\u200D\uFE00-\uFE0F]]]/v
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const UNPRINTABLE_CHARACTERS = /[\p{Cc}\p{Cs}]/u

type FieldSchemas = { readonly [Field in keyof ClientSettings]: z.ZodType<unknown> }

function fieldSchemas(catalogue: ScopeCatalogue): FieldSchemas {
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
    audience: z.enum(['TENANT', 'PLATFORM'], 'must be TENANT or PLATFORM'),
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
    clientType: z.enum(['CONFIDENTIAL', 'PUBLIC'], 'must be CONFIDENTIAL or PUBLIC'),
    scopes: z
      .array(
        z.string('must be a string').refine((scope) => Object.hasOwn(catalogue, scope), {
          error: ({ input }) => `is unknown: ${JSON.stringify(input).slice(0, 80)}`,
        }),
        'must be an array of scopes',
      )
      .min(1, 'must contain at least one scope')
      .transform(unique),
    redirectUris: z
      .array(
        z.string('must be a string').superRefine((redirectUri, context) => {
          const problem = problemOfRedirectUri(redirectUri)
          if (problem !== undefined) context.addIssue(problem)
        }),
        'must be an array of URLs',
      )
      .max(MAXIMUM_REDIRECT_URIS, `must contain at most ${MAXIMUM_REDIRECT_URIS} URLs`)
      .transform(unique),
    allowedGrantTypes: z
      .array(
        z.enum(
          ['authorization_code', 'refresh_token', 'client_credentials'],
          'must be authorization_code, refresh_token or client_credentials',
        ),
        'must be an array of grant types',
      )
      .min(1, 'must contain at least one grant type')
      .transform(unique),
    tokenEndpointAuthMethod: z.enum(
      ['client_secret_basic', 'client_secret_post', 'none'],
      'must be client_secret_basic, client_secret_post or none',
    ),
    requirePkce: z.literal(true, 'must be true: PKCE is mandatory for every client'),
    accessTokenTtlSeconds: seconds(60, 86_400, DEFAULT_ACCESS_TOKEN_TTL_SECONDS),
    refreshTokenTtlSeconds: seconds(300, 31_536_000, DEFAULT_REFRESH_TOKEN_TTL_SECONDS),
    clientUri: optional(httpsUrl),
    logoUrl: optional(httpsUrl),
    tosUri: optional(httpsUrl),
    policyUri: optional(httpsUrl),
  }
}

const httpsUrl = z
  .string('must be a string')
  .max(MAXIMUM_URL_LENGTH, `must have at most ${MAXIMUM_URL_LENGTH} characters`)
  .refine(isHttpsUrl, 'must be an https URL, in ASCII and without credentials')

/** JSON has no `undefined`: `null` stands for a field that is left out. */
function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<unknown> {
  return schema.nullish().transform((value) => value ?? undefined)
}

function seconds(minimum: number, maximum: number, defaultValue: number): z.ZodType<unknown> {
  return z
    .int('must be a whole number of seconds')
    .min(minimum, `must be at least ${minimum}`)
    .max(maximum, `must be at most ${maximum}`)
    .nullish()
    .transform((value) => value ?? defaultValue)
}

function unique<Item>(items: ReadonlyArray<Item>): ReadonlyArray<Item> {
  return [...new Set(items)]
}

/** Reads and checks the metadata that clients are registered with. */
export interface ClientValidator {
  /**
   * Fills in the defaults of a new client.
   *
   * @throws {@link ClientMetadataError} with everything that is wrong.
   */
  validateNew(input: object): ClientSettings
  /**
   * Applies changes to a client's settings.
   *
   * @throws {@link ClientMetadataError} with everything that is wrong.
   */
  validateChanges(current: ClientSettings, input: object): ClientSettings
}

/** Makes the validator for a catalogue of scopes. */
export function createClientValidator(catalogue: ScopeCatalogue): ClientValidator {
  const schemas = fieldSchemas(catalogue)
  return {
    validateNew(input) {
      requireObject(input)
      const parsed = parseFields(schemas, { ...defaultsFor(input), ...withoutUndefined(input) })
      return settingsOrThrow(parsed.settings, [
        ...parsed.issues,
        ...unknownFields(schemas, input, 'is not a field of a client'),
      ])
    },

    validateChanges(current, given) {
      requireObject(given)
      const input = withoutUndefined(given)
      const names = Object.keys(input)
      const immutable = names.filter((field) => IMMUTABLE_FIELDS.has(field))
      const changed = Object.entries(schemas).filter(
        ([field]) => names.includes(field) && !IMMUTABLE_FIELDS.has(field),
      )
      const parsed = parseFields(Object.fromEntries(changed), input)
      return settingsOrThrow({ ...current, ...parsed.settings }, [
        ...immutable.map((path) => ({ path, message: 'cannot be changed after registration' })),
        ...parsed.issues,
        ...unknownFields(schemas, input, 'is not a field that can be changed'),
      ])
    },
  }
}

function requireObject(input: unknown): void {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return
  throw new ClientMetadataError([{ path: 'client', message: 'must be an object' }])
}

function defaultsFor(input: object): Partial<ClientSettings> {
  const isPublic = 'clientType' in input && input.clientType === 'PUBLIC'
  return {
    audience: 'PLATFORM',
    redirectUris: [],
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
    tokenEndpointAuthMethod: isPublic ? 'none' : 'client_secret_basic',
    requirePkce: true,
  }
}

function withoutUndefined(input: object): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

function unknownFields(
  schemas: FieldSchemas,
  input: object,
  message: string,
): ReadonlyArray<Issue> {
  const unknown = Object.keys(input).filter((field) => !Object.hasOwn(schemas, field))
  return unknown.map((path) => ({ path, message }))
}

interface ParsedFields {
  /** The fields that hold what they may. */
  readonly settings: Partial<ClientSettings>
  readonly issues: ReadonlyArray<Issue>
}

/** Parses every field by itself, so that the rules between fields can be checked in the same go. */
function parseFields(schemas: Partial<FieldSchemas>, input: object): ParsedFields {
  const values = input as Readonly<Record<string, unknown>>
  const settings: Record<string, unknown> = {}
  const issues: Array<Issue> = []
  for (const [field, schema] of Object.entries(schemas)) {
    const { success, data, error } = schema.safeParse(values[field])
    if (success) settings[field] = data
    for (const { path, message } of error?.issues ?? []) {
      const isMissing = values[field] === undefined
      issues.push({
        path: [field, ...path].join('.'),
        message: isMissing ? `is missing; it ${message}` : message,
      })
    }
  }
  return { settings, issues }
}

function settingsOrThrow(
  settings: Partial<ClientSettings>,
  issues: ReadonlyArray<Issue>,
): ClientSettings {
  const all = [...issues, ...contradictions(settings)]
  if (all.length > 0) throw new ClientMetadataError(all)
  return settings as ClientSettings
}

/** What the fields must not be together. A field that is wrong by itself is left out of this. */
function contradictions(settings: Partial<ClientSettings>): ReadonlyArray<Issue> {
  const { audience, tenantId, clientType, tokenEndpointAuthMethod: method } = settings
  const { allowedGrantTypes: grantTypes = [], redirectUris } = settings
  const usesAuthorizationCode = grantTypes.includes('authorization_code')
  const rules: ReadonlyArray<[isBroken: boolean, path: keyof ClientSettings, message: string]> = [
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
      clientType === 'PUBLIC' && method !== undefined && method !== 'none',
      'tokenEndpointAuthMethod',
      'must be none: a PUBLIC client has no secret',
    ],
    [
      clientType === 'CONFIDENTIAL' && method === 'none',
      'tokenEndpointAuthMethod',
      'must be client_secret_basic or client_secret_post: none is for PUBLIC clients only',
    ],
    [
      clientType === 'PUBLIC' && grantTypes.includes('client_credentials'),
      'allowedGrantTypes',
      'must not contain client_credentials: it is for CONFIDENTIAL clients only',
    ],
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
      clientType === 'CONFIDENTIAL' && (redirectUris ?? []).some(isPrivateUseRedirectUri),
      'redirectUris',
      'must be https URLs: app schemes are for PUBLIC clients only',
    ],
  ]
  return rules.flatMap(([isBroken, path, message]) => (isBroken ? [{ path, message }] : []))
}
