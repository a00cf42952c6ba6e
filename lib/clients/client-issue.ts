/**
 * What the registry says of a broken rule.
 *
 * @module
 */

import { CLIENT_RULES, type ClientRule, type ClientRuleValues } from '../client-rules.ts'
import type { ClientIssue } from '../errors.ts'
import { fillText } from '../util/placeholders.ts'

/**
 * Creates the issue of a broken rule.
 *
 * @param values What stands for the placeholders of its sentence.
 */
export function issueOfRule(
  path: string,
  rule: ClientRule,
  values: ClientRuleValues = {},
): ClientIssue {
  const texts = Object.entries(values).map(([name, value]) => [name, formatValue(value)] as const)
  const message = fillText(CLIENT_RULES[rule], Object.fromEntries(texts))
  return { path, message, rule, values }
}

/** Whether a text is the id of a rule. */
export function isClientRule(text: string): text is ClientRule {
  return Object.hasOwn(CLIENT_RULES, text)
}

function formatValue(value: ClientRuleValues[string]): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? JSON.stringify(value) : oneOf(value)
}

const orList = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** For example `a, b or c`. */
export function oneOf(names: ReadonlyArray<string>): string {
  return orList.format(names)
}
