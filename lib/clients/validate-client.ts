/**
 * Validates client metadata: each field by itself, and the rules between fields. All problems are
 * reported at once, each with its field.
 *
 * @module
 */

import { ClientMetadataError, type Issue } from '../errors.ts'
import type { ClientSettings, ClientType } from '../storage/client.ts'
import { isObject } from '../util/is-object.ts'
import {
  type ClientChoices,
  type ClientReferences,
  type FieldSchemas,
  fieldSchemas,
  IMMUTABLE_FIELDS,
  oneOf,
} from './client-fields.ts'
import { isPrivateUseRedirectUri } from './redirect-uri.ts'

/** Validates client metadata. */
export interface ClientValidator {
  /**
   * Validates a new client and fills in the defaults.
   *
   * @throws {@link ClientMetadataError} with everything that is wrong.
   */
  validateNew(input: unknown): ClientSettings
  /**
   * Validates changes and applies them to a client's settings.
   *
   * @throws {@link ClientMetadataError} with everything that is wrong.
   */
  validateChanges(current: ClientSettings, input: unknown): ClientSettings
}

/** Unvalidated fields. */
type Fields = Readonly<Record<string, unknown>>

/** Creates the validator of a server. */
export function createClientValidator(references: ClientReferences): ClientValidator {
  const schemas = fieldSchemas(references)
  return {
    validateNew(input) {
      requireObject(input)
      const parsed = parseFields(schemas, { ...defaultsFor(input), ...withoutUndefined(input) })
      return settingsOrThrow(references, parsed.settings, [
        ...parsed.issues,
        ...unknownFields(schemas, input, 'is not a field of a client'),
      ])
    },

    validateChanges(current, given) {
      requireObject(given)
      const input = withoutUndefined(given)
      const names = Object.keys(input)
      const immutable = names.filter(isImmutable)
      const changed = Object.entries(schemas).filter(
        ([field]) => names.includes(field) && !isImmutable(field),
      )
      const parsed = parseFields(Object.fromEntries(changed), input)
      return settingsOrThrow(references, { ...current, ...parsed.settings }, [
        ...immutable.map((path) => ({ path, message: 'cannot be changed after registration' })),
        ...parsed.issues,
        ...unknownFields(schemas, input, 'is not a field that can be changed'),
      ])
    },
  }
}

function isImmutable(field: string): boolean {
  return IMMUTABLE_FIELDS.some((name) => name === field)
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
  /** The valid fields. */
  readonly settings: Partial<ClientSettings>
  readonly issues: ReadonlyArray<Issue>
}

/** Parses every field by itself, so that the rules between fields are checked even when a field is invalid. */
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
  references: ClientReferences,
  settings: Partial<ClientSettings>,
  issues: ReadonlyArray<Issue>,
): ClientSettings {
  const all = [...issues, ...contradictions(references, settings)]
  if (all.length > 0) throw new ClientMetadataError(all)
  return settings as ClientSettings
}

type Rule = readonly [isBroken: boolean, path: keyof ClientSettings, message: string]

/** Checks the rules between fields. Skips fields that are invalid by themselves. */
function contradictions(
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
