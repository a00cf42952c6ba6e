/**
 * What there is to say about the fields of a form that was not accepted: what is wrong with them, or
 * what somebody else made of them in the meantime.
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
  /** Its name and id; `undefined` when it is about the form as a whole. */
  readonly field: string | undefined
  readonly text: string
}

/** Why a form was not accepted. */
export interface Remarks {
  readonly kind: 'invalid' | 'conflict'
  readonly items: ReadonlyArray<Remark>
}

/** What is wrong with a form, in the order of its fields. */
export function remarksOfError({ issues }: ClientMetadataError, form: ClientForm): Remarks {
  const items = issues.map(({ path, message }): Remark => {
    const [name = '', index] = path.split('.')
    if (!isFieldName(name)) return { field: undefined, text: sentence(`“${path}”`, message) }
    const { label } = FIELD_TEXTS[name]
    const item = name === 'redirectUris' ? linesOf(form.redirectUris)[Number(index)] : undefined
    return { field: name, text: sentence(item === undefined ? label : `“${item}”`, message) }
  })
  return { kind: 'invalid', items: inOrderOfFields(items) }
}

/** What somebody else saved of a client, where the form says something else. */
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

/** Puts a subject before what the library says of it: `must be …`, `is missing …`. */
function sentence(subject: string, predicate: string): string {
  return `${subject} ${predicate}.`
}
