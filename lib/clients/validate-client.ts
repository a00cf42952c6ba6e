/**
 * The rules of the client table: what the fields of a client may hold, and what they may not be
 * together. Every problem is found at once and names its field.
 *
 * @module
 */

import { ClientMetadataError, type Issue } from '../errors.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import { isObject } from '../util/is-object.ts'
import type { ClientSettings } from './client.ts'
import { type FieldSchemas, fieldSchemas } from './client-fields.ts'
import { isPrivateUseRedirectUri } from './redirect-uri.ts'

const IMMUTABLE_FIELDS: ReadonlySet<string> = new Set(['audience', 'tenantId', 'clientType'])

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

/** Fields as somebody gave them: nothing is known of their values. */
type Fields = Readonly<Record<string, unknown>>

/** Creates the validator for a catalogue of scopes. */
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

function requireObject(input: unknown): asserts input is Fields {
  if (isObject(input)) return
  throw new ClientMetadataError([{ path: 'client', message: 'must be an object' }])
}

function defaultsFor(input: Fields): Partial<ClientSettings> {
  const isPublic = input['clientType'] === 'PUBLIC'
  return {
    audience: 'PLATFORM',
    redirectUris: [],
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
    tokenEndpointAuthMethod: isPublic ? 'none' : 'client_secret_basic',
    requirePkce: true,
  }
}

function withoutUndefined(input: Fields): Fields {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

function unknownFields(
  schemas: FieldSchemas,
  input: Fields,
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
function parseFields(schemas: Partial<FieldSchemas>, values: Fields): ParsedFields {
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
