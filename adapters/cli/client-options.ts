/**
 * The fields of a client as options of the command line: `redirectUris` is `--redirect-uris`, and so on. They are
 * derived from the schemas of the fields, so a new field is an option at once.
 *
 * @module
 */

import { z } from 'zod'
import { fieldSchemas, IMMUTABLE_FIELDS } from '../../lib/clients/client-fields.ts'
import { resolveClientReferences } from '../../lib/options/resolve-options.ts'
import type { CommandOptions, OptionValues } from './command.ts'

/** What a field holds: a text, a number, or a list of texts. */
type FieldKind = 'text' | 'number' | 'list'

const KINDS: ReadonlyArray<readonly [field: string, kind: FieldKind]> = Object.entries(
  fieldSchemas(resolveClientReferences({})),
)
  .map(
    ([field, schema]) =>
      [field, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })] as const,
  )
  // A field with one value only leaves nothing to choose.
  .filter(([, schema]) => schema.const === undefined)
  .map(([field, schema]) => [field, kindOf(schema)])

function kindOf({ type, anyOf = [] }: z.core.JSONSchema.BaseSchema): FieldKind {
  const types = [type, ...anyOf.map((schema) => schema.type)]
  if (types.includes('array')) return 'list'
  return types.includes('integer') ? 'number' : 'text'
}

/** The option of a field or a path in it, for example `redirect-uris` for `redirectUris.0`. */
export function optionOf(path: string): string {
  const [field = ''] = path.split('.')
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function optionsOf(fields: typeof KINDS): CommandOptions {
  return Object.fromEntries(
    fields.map(([field, kind]) => [optionOf(field), { type: 'string', multiple: kind === 'list' }]),
  )
}

/** The options of a new client. */
export const NEW_CLIENT_OPTIONS: CommandOptions = optionsOf(KINDS)

/** The options of changes to a client. */
export const CLIENT_CHANGE_OPTIONS: CommandOptions = optionsOf(
  KINDS.filter(([field]) => !IMMUTABLE_FIELDS.some((immutable) => immutable === field)),
)

/**
 * The fields that were given. An empty text resets an optional field: to its default, or to an empty list. They are
 * not validated yet.
 */
export function fieldsOf(options: OptionValues): Readonly<Record<string, unknown>> {
  const given = KINDS.filter(([field]) => options[optionOf(field)] !== undefined)
  return Object.fromEntries(
    given.map(([field, kind]) => [field, toValue(kind, [options[optionOf(field)]].flat())]),
  )
}

function toValue(kind: FieldKind, given: ReadonlyArray<unknown>): unknown {
  const texts = given.map(String)
  if (kind === 'list')
    return texts.flatMap((text) => text.split(/\s+/)).filter((text) => text !== '')
  const [text = ''] = texts
  if (text === '') return null
  return kind === 'number' && /^\d{1,15}$/.test(text) ? Number(text) : text
}
