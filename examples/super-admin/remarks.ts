/**
 * Remarks about a rejected form: invalid fields, or conflicts with changes of somebody else.
 *
 * @module
 */

import type { Client, ClientMetadataError } from '@teamcast/oauth-server'
import {
  type ClientForm,
  differences,
  type FieldName,
  formOf,
  linesOf,
  textOf,
} from './client-form.ts'
import { FIELD_TEXTS } from './field-texts.ts'

/** A sentence about one field. */
export interface Remark {
  /** Name and id of the field; `undefined` for a remark about the whole form. */
  readonly field: string | undefined
  readonly text: string
}

/** Why a form was rejected. */
export interface Remarks {
  readonly kind: 'invalid' | 'conflict'
  readonly items: ReadonlyArray<Remark>
}

/** Remarks about invalid fields, in the order of the form. */
export function remarksOfError({ issues }: ClientMetadataError, form: ClientForm): Remarks {
  const items = issues.map(({ path, message }): Remark => {
    const [name = '', index] = path.split('.')
    if (!isFieldName(name)) return { field: undefined, text: sentence(`“${path}”`, message) }
    const { label } = FIELD_TEXTS[name]
    const item = name === 'redirectUris' ? linesOf(form.redirectUris)[Number(index)] : undefined
    return { field: name, text: sentence(item === undefined ? label : `“${item}”`, message) }
  })
  return { kind: 'invalid', items: inOrderOfFields(oneOfEachField(items)) }
}

/** The first remark about each field; about lines, the first of each line in one remark. */
function oneOfEachField(remarks: ReadonlyArray<Remark>): ReadonlyArray<Remark> {
  const byField = Map.groupBy(remarks, ({ field, text }) => field ?? text)
  return Array.from(byField.values(), ([first, ...others]): Remark => {
    const { field, text = '' } = first ?? { field: undefined }
    const texts = field === 'redirectUris' ? others.map((other) => other.text) : []
    return { field, text: [text, ...texts].join(' ') }
  })
}

/** Remarks about fields where the saved client differs from the form. */
export function remarksOfConflict(current: Client, form: ClientForm): Remarks {
  const saved = formOf(current)
  const items = differences(saved, form).map((field) => {
    const value = textOf(saved, field)
    const { label } = FIELD_TEXTS[field]
    return { field, text: `${label}: ${value === '' ? 'nothing' : `“${value}”`} is saved.` }
  })
  return { kind: 'conflict', items: inOrderOfFields(items) }
}

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELD_TEXTS, name)
}

function inOrderOfFields(remarks: ReadonlyArray<Remark>): ReadonlyArray<Remark> {
  const order = Object.keys(FIELD_TEXTS)
  const place = ({ field }: Remark): number => (field === undefined ? -1 : order.indexOf(field))
  return remarks.toSorted((one, other) => place(one) - place(other))
}

/** Combines a subject with a message of the library, such as `must be …` or `is missing …`. */
function sentence(subject: string, predicate: string): string {
  return `${subject} ${predicate}.`
}
