/**
 * Remarks about a rejected form: invalid fields, or differences to what somebody else has saved.
 *
 * @module
 */

import { html } from 'ghtml'
import type { ClientRuleValues } from '../../client-rules.ts'
import type { ClientIssue } from '../../errors.ts'
import type { Client } from '../../storage/client.ts'
import { fill } from '../languages/messages.ts'
import type { PageLanguage } from '../languages/page-language.ts'
import {
  type ClientForm,
  DURATION_FIELDS,
  differences,
  formOf,
  LINES_FIELDS,
  linesOf,
  textOf,
} from './client-form.ts'
import { lifetimeOf } from './durations.ts'
import { renderQuoted } from './parts.ts'
import type { Remark } from './views.ts'

/** Name of the field for the expiry of a new secret. */
export const EXPIRY_FIELD = 'expiresAt'

/** Remarks about invalid fields, in the order of the form: one for each field; of lines, one for each line. */
export function remarksOfIssues(
  issues: ReadonlyArray<ClientIssue>,
  form: ClientForm | undefined,
  language: PageLanguage,
): ReadonlyArray<Remark> {
  const remarks = issues.map((issue) => remarkOfIssue(issue, form, language))
  const shown = remarks.filter(({ field }, index) => {
    const isFirst = remarks.findIndex((other) => other.field === field) === index
    return isFirst || field === undefined || isOneOf(LINES_FIELDS, field)
  })
  return inOrderOfFields(shown, language)
}

function remarkOfIssue(
  issue: ClientIssue,
  form: ClientForm | undefined,
  language: PageLanguage,
): Remark {
  const { fields, secrets, brokenRule } = language.superAdminMessages
  const [name = '', index] = issue.path.split('.')
  const isField = Object.hasOwn(fields, name)
  const labels: Readonly<Record<string, { readonly label: string }>> = {
    ...fields,
    secrets: { label: secrets },
  }
  const lines = isOneOf(LINES_FIELDS, name) ? linesOf(form?.[name] ?? '') : []
  const line = lines[Number(index)]
  const label = labels[name]?.label ?? issue.path
  const subject = line === undefined ? html`${label}` : renderQuoted(line, language)
  const sentence = fill(brokenRule, { subject, rule: renderRule(issue, name, language) })
  return { field: isField ? name : undefined, html: sentence }
}

/** Renders what is wrong. In English, if only a program can get it wrong. */
function renderRule(
  { message, rule, values = {} }: ClientIssue,
  field: string,
  language: PageLanguage,
): string {
  if (rule === undefined) return html`<bdi lang="en">${message}</bdi>`
  const rendered = Object.entries(values).map(([name, value]) => [
    name,
    renderValue(value, field, language),
  ])
  return fill(language.superAdminMessages.rules[rule], Object.fromEntries(rendered))
}

function renderValue(
  value: ClientRuleValues[string],
  field: string,
  language: PageLanguage,
): string {
  const { tag } = language
  if (typeof value === 'string') return renderQuoted(value, language)
  if (typeof value === 'number') {
    const isDuration = isOneOf(DURATION_FIELDS, field)
    return html`${isDuration ? lifetimeOf(value, language) : value.toLocaleString(tag)}`
  }
  const parts = new Intl.ListFormat(tag, { type: 'disjunction' }).formatToParts(value)
  return parts
    .map(({ type, value: text }) => (type === 'element' ? html`<bdi>${text}</bdi>` : html`${text}`))
    .join('')
}

function isOneOf<Field extends string>(fields: ReadonlyArray<Field>, name: string): name is Field {
  return fields.some((field) => field === name)
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
    const value = isOneOf(DURATION_FIELDS, field)
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
