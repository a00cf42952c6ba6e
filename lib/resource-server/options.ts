/**
 * How this folder reads its options.
 *
 * @module
 */

import { ConfigurationError, type Issue, unknownOptions } from '../errors.ts'
import { isScope } from '../scopes/scope.ts'
import { validateIssuer } from '../urls/issuer.ts'
import { hasCredentials, isSecureUrl } from '../urls/secure-url.ts'
import { type Clock, validateClock } from '../util/clock.ts'
import { isObject } from '../util/is-object.ts'
import { list, type Members, object, rule, type Schema } from '../util/schema.ts'

/** Which URLs are accepted, in words. */
export const SECURE_URL = 'https URL (http for localhost, 127.0.0.1 and [::1] only)'

/** An option that is a function; `never`, so that it stands for one of any type. */
export const functionOption: Schema<never> = rule(
  (value) => typeof value !== 'function' && 'must be a function',
)

/** The option `clock`. */
export const clockOption: Schema<Clock> = rule(validateClock)

/** An option that is an issuer identifier. */
export const issuerOption: Schema<string> = rule(
  (issuer) =>
    (typeof issuer !== 'string' || validateIssuer(issuer) !== undefined) &&
    `must be a canonical ${SECURE_URL} without query, fragment, user name or trailing slash`,
)

/** An option that is a `URL` to send requests to. */
export const urlOption: Schema<URL> = rule((url) => {
  if (!(url instanceof URL)) return 'must be a URL object'
  const isAccepted = isSecureUrl(url) && !hasCredentials(url)
  return !isAccepted && `must be an ${SECURE_URL} without user name`
})

/** A scope. */
export const scope: Schema<string> = rule(
  (value) =>
    (typeof value !== 'string' || !isScope(value)) && 'must be one scope, such as interview:read',
)

/** An option that is a list of scopes. */
export const scopesOption: Schema<ReadonlyArray<string>> = list(
  scope,
  'must name at least one scope',
)

/** An option that is an integer within bounds. */
export function integerOption(minimum: number, maximum: number): Schema<number> {
  return rule((value) => {
    const isWithin = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
    return !isWithin && `must be an integer from ${minimum} to ${maximum}`
  })
}

/**
 * Checks options.
 *
 * @param members A schema for each option.
 * @param options As the host gave them.
 * @param findConflicts Finds what is wrong between options.
 *
 * @returns A copy, so that later changes to `options` have no effect. Without defaults.
 *
 * @throws {@link ConfigurationError} with every problem, unknown options too.
 */
export function readOptions<OptionsT extends object>(
  members: Members<OptionsT>,
  options: OptionsT,
  findConflicts: (options: Partial<OptionsT>) => ReadonlyArray<Issue> = () => [],
): OptionsT {
  const found = object(members).safeParse(options).error?.issues ?? []
  const given: Partial<OptionsT> = isObject(options) ? options : {}
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(members, name))
  const issues = [
    ...found.map(({ path, message }) => ({ path: path.join('.') || 'options', message })),
    ...unknownOptions(unknown),
    ...findConflicts(given),
  ]
  if (issues.length > 0) throw new ConfigurationError(issues)
  const names = Object.keys(members) as Array<keyof OptionsT & string>
  return Object.fromEntries(names.map((name) => [name, options[name]])) as OptionsT
}
