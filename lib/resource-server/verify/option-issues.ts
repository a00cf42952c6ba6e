/**
 * What the checks of options in this folder share.
 *
 * @module
 */

import { z } from 'zod'
import { ConfigurationError, type Issue, unknownOptions } from '../../errors.ts'
import { isScope } from '../../scopes/scope.ts'
import { validateIssuer } from '../../util/issuer.ts'
import { hasCredentials, isSecureUrl } from '../../util/secure-url.ts'

/** Which URLs are accepted, in words. */
export const SECURE_URL = 'https URL (http for localhost, 127.0.0.1 and [::1] only)'

/** What is wrong with an option that has to be true or false. */
export const NO_BOOLEAN = 'must be true or false'

/** An option that is a function. */
export const functionOf = <T>(): z.ZodType<T> =>
  z.custom<T>((value) => typeof value === 'function', 'must be a function')

/** An option that is a text. */
export const textOption: z.ZodType<string> = z
  .string('must be a string')
  .min(1, 'must not be empty')

/** An option that is an issuer identifier. */
export const issuerOption: z.ZodType<string> = z
  .string(`must be an ${SECURE_URL}`)
  .refine(
    (issuer) => validateIssuer(issuer) === undefined,
    `must be a canonical ${SECURE_URL} without query, fragment, user name or trailing slash`,
  )

/** An option that is a `URL` to be fetched from. */
export const urlOption: z.ZodType<URL> = z
  .instanceof(URL, { error: 'must be a URL object' })
  .refine(
    (url) => isSecureUrl(url) && !hasCredentials(url),
    `must be an ${SECURE_URL} without user name`,
  )

/** An option that is a list of scopes. */
export const scopesOption: z.ZodType<ReadonlyArray<string>> = z
  .array(
    z.custom<string>(
      (scope) => typeof scope === 'string' && isScope(scope),
      'must be one scope, such as interview:read',
    ),
    'must be a list of scopes',
  )
  .min(1, 'must name at least one scope')

/** An option that is a whole number within bounds. */
export function integerOption(minimum: number, maximum: number): z.ZodInt {
  const problem = `must be an integer from ${minimum} to ${maximum}`
  return z.int(problem).min(minimum, problem).max(maximum, problem)
}

/** The issues of options that a schema refused. */
export const toIssues = (error: z.ZodError): ReadonlyArray<Issue> =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? unknownOptions([...issue.keys.map((key) => [...issue.path, key].join('.'))])
      : [{ path: issue.path.join('.') || 'options', message: issue.message }],
  )

/**
 * Reads options.
 *
 * @param findConflicts Finds what is wrong between members. By hand, because zod skips checks of the
 *   whole object when one of its members is wrong.
 *
 * @throws {@link ConfigurationError} with every problem.
 */
export function readOptions<OptionsT extends object, ResolvedT>(
  schema: z.ZodType<ResolvedT>,
  options: OptionsT,
  findConflicts: (options: Partial<OptionsT>) => ReadonlyArray<Issue> = () => [],
): ResolvedT {
  const parsed = schema.safeParse(options)
  const given: Partial<OptionsT> = typeof options === 'object' && options !== null ? options : {}
  const issues = [...(parsed.success ? [] : toIssues(parsed.error)), ...findConflicts(given)]
  if (!parsed.success || issues.length > 0) throw new ConfigurationError(issues)
  return parsed.data
}
