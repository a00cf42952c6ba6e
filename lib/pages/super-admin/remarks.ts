/**
 * Remarks about a rejected form: invalid fields, or differences to what somebody else has saved.
 *
 * @module
 */

import { html } from 'ghtml'
import type { Issue } from '../../errors.ts'
import type { Client } from '../../storage/client.ts'
import { fill } from '../languages/messages.ts'
import type { PageLanguage } from '../languages/page-language.ts'
import { type ClientForm, differences, formOf, linesOf, textOf } from './client-form.ts'
import { lifetimeOf } from './durations.ts'
import { renderQuoted } from './parts.ts'
import type { Remark } from './views.ts'

/** Name of the field for the expiry of a new secret. */
export const EXPIRY_FIELD = 'expiresAt'

/** Remarks about invalid fields, in the order of the form: one for each field; of lines, one for each line. */
export function remarksOfIssues(
  issues: ReadonlyArray<Issue>,
  form: ClientForm | undefined,
  language: PageLanguage,
): ReadonlyArray<Remark> {
  const byField = Map.groupBy(
    issues.map(({ path, message }) => remarkOfIssue(path, message, form, language)),
    ({ field, html: sentence }) => field ?? sentence,
  )
  const remarks = Array.from(byField.values(), ([first, ...others]): Remark => {
    const { field, html: sentence = '' } = first ?? { field: undefined }
    const more = field === 'redirectUris' ? others.map((other) => other.html) : []
    return { field, html: [sentence, ...more].join(' ') }
  })
  return inOrderOfFields(remarks, language)
}

function remarkOfIssue(
  path: string,
  message: string,
  form: ClientForm | undefined,
  language: PageLanguage,
): Remark {
  const { fields, invalidExpiry } = language.superAdminMessages
  const [name = '', index] = path.split('.')
  if (name === EXPIRY_FIELD) return { field: name, html: html`${invalidExpiry}` }
  const isField = Object.hasOwn(fields, name)
  const lines = name === 'redirectUris' ? linesOf(form?.redirectUris ?? '') : []
  const line = lines[Number(index)]
  const label = isField ? fields[name as keyof typeof fields].label : path
  const subject = line === undefined ? html`${label}` : renderQuoted(line, language)
  return { field: isField ? name : undefined, html: `${subject} ${renderRule(message, language)}` }
}

/** Renders what the registry says, for example `must be …`. It is English, as everything that developers are told. */
function renderRule(message: string, { tag }: PageLanguage): string {
  return tag === 'en' ? html`${message}.` : html`<bdi lang="en">${message}.</bdi>`
}

/** Remarks about fields where the saved client differs from the form. */
export function remarksOfConflict(
  current: Client,
  form: ClientForm,
  language: PageLanguage,
): ReadonlyArray<Remark> {
  const { fields, savedValue, savedNothing } = language.superAdminMessages
  const saved = formOf(current)
  const remarks = differences(saved, form).map((field): Remark => {
    const value =
      field === 'accessTokenTtlSeconds' || field === 'refreshTokenTtlSeconds'
        ? lifetimeOf(current[field], language)
        : textOf(saved, field)
    const text = value === '' ? savedNothing : savedValue
    const parts = { field: html`${fields[field].label}`, value: renderQuoted(value, language) }
    return { field, html: fill(text, parts) }
  })
  return inOrderOfFields(remarks, language)
}

function inOrderOfFields(
  remarks: ReadonlyArray<Remark>,
  { superAdminMessages }: PageLanguage,
): ReadonlyArray<Remark> {
  const order = Object.keys(superAdminMessages.fields)
  const place = ({ field }: Remark): number => (field === undefined ? -1 : order.indexOf(field))
  return remarks.toSorted((one, other) => place(one) - place(other))
}
