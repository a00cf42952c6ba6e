/**
 * The query of `GET /super-admin/oauth-clients`.
 *
 * @module
 */

import { z } from 'zod'
import { oneOf } from '../../clients/client-issue.ts'
import type { ClientListQuery } from '../../clients/client-registry.ts'
import type { Issue } from '../../errors.ts'
import { CLIENT_AUDIENCES, CLIENT_TYPES } from '../../storage/client.ts'
import { findSchemaIssues } from '../../util/schema-issues.ts'

const DEFAULT_LIMIT = 20
const LIMIT = /^([1-9]\d?|100)$/
const MAXIMUM_CURSOR_LENGTH = 500
const MAXIMUM_TEXT_LENGTH = 255
const CONTROL_CHARACTERS = /\p{Cc}/u

const textSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(MAXIMUM_TEXT_LENGTH, `must have at most ${MAXIMUM_TEXT_LENGTH} characters`)
  .refine((text) => !CONTROL_CHARACTERS.test(text), 'must not contain control characters')

const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(LIMIT, 'must be a whole number from 1 to 100')
    .transform(Number)
    .default(DEFAULT_LIMIT),
  cursor: z
    .string()
    .regex(/^[\x21-\x7E]+$/, 'must be the nextCursor of a page')
    .max(MAXIMUM_CURSOR_LENGTH, 'must be the nextCursor of a page')
    .optional(),
  audience: z.enum(CLIENT_AUDIENCES, `must be ${oneOf(CLIENT_AUDIENCES)}`).optional(),
  tenantId: textSchema.optional(),
  clientType: z.enum(CLIENT_TYPES, `must be ${oneOf(CLIENT_TYPES)}`).optional(),
  name: textSchema.optional(),
})

/** Parses the query; returns every issue when it is invalid. */
export function parseListQuery(
  query: URLSearchParams,
): { readonly query: ClientListQuery } | { readonly issues: ReadonlyArray<Issue> } {
  const parameters = Object.fromEntries(query)
  const { data } = listQuery.safeParse(parameters)
  const names = [...query.keys()]
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  const issues = [
    ...[...repeated].map((path) => ({ path, message: 'must be given once' })),
    ...findSchemaIssues(listQuery, parameters, { unknownKey: 'is not a parameter of this list' }),
  ]
  return data === undefined || issues.length > 0 ? { issues } : { query: data as ClientListQuery }
}
