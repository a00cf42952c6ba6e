/**
 * Validates client metadata: each field by itself, and the rules between fields. All problems are
 * reported at once, each with its field.
 *
 * @module
 */

import type { z } from 'zod'
import type { ClientRuleValues } from '../client-rules.ts'
import { type ClientIssue, ClientMetadataError } from '../errors.ts'
import type { ClientSettings } from '../storage/client.ts'
import { isObject } from '../util/is-object.ts'
import {
  type ClientReferences,
  type FieldSchemas,
  fieldSchemas,
  findContradictions,
  IMMUTABLE_FIELDS,
} from './client-fields.ts'
import { isClientRule, issueOfRule } from './client-issue.ts'

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
): ReadonlyArray<ClientIssue> {
  const unknown = Object.keys(input).filter((field) => !Object.hasOwn(schemas, field))
  return unknown.map((path) => ({ path, message }))
}

interface ParsedFields {
  /** The valid fields. */
  readonly settings: Partial<ClientSettings>
  readonly issues: ReadonlyArray<ClientIssue>
}

/** Parses every field by itself, so that the rules between fields are checked even when a field is invalid. */
function parseFields(schemas: Partial<FieldSchemas>, values: Fields): ParsedFields {
  const settings: Record<string, unknown> = {}
  const issues: Array<ClientIssue> = []
  for (const [field, schema] of Object.entries(schemas)) {
    const { success, data, error } = schema.safeParse(values[field])
    if (success) settings[field] = data
    for (const found of error?.issues ?? []) {
      const issue = toClientIssue([field, ...found.path].join('.'), found)
      const isMissing = values[field] === undefined
      issues.push(isMissing ? { ...issue, message: `is missing; it ${issue.message}` } : issue)
    }
  }
  return { settings, issues }
}

/** @param found Its message is the id of a rule, or a sentence about what only a program gets wrong. */
function toClientIssue(path: string, found: z.core.$ZodIssue): ClientIssue {
  const { message } = found
  return isClientRule(message) ? issueOfRule(path, message, valuesOf(found)) : { path, message }
}

/** What a schema compared a value with. */
function valuesOf(found: z.core.$ZodIssue): ClientRuleValues {
  switch (found.code) {
    case 'too_small':
      return { minimum: Number(found.minimum) }
    case 'too_big':
      return { maximum: Number(found.maximum) }
    case 'invalid_value':
      return { allowed: found.values.map(String) }
    case 'custom':
      return found.params ?? {}
    default:
      return {}
  }
}

function settingsOrThrow(
  references: ClientReferences,
  settings: Partial<ClientSettings>,
  issues: ReadonlyArray<ClientIssue>,
): ClientSettings {
  const all = [...issues, ...findContradictions(references, settings)]
  if (all.length > 0) throw new ClientMetadataError(all)
  return settings as ClientSettings
}
