/**
 * A few schemas, so that the resource server half does not load zod. Those of zod are {@link Schema}s too.
 *
 * @module
 */

import { isObject } from './is-object.ts'

/** One thing wrong with a value. */
export interface SchemaIssue {
  /** Names of members and indexes of items; empty for the value itself. */
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/** Checks that a value is a `T`. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly data: T; readonly error?: undefined }
    | { readonly data?: undefined; readonly error: { readonly issues: ReadonlyArray<SchemaIssue> } }
}

/** A schema for each member of an object. */
export type Members<T> = { readonly [Name in keyof T]-?: Schema<T[Name]> }

function schema<T>(findIssues: (value: unknown) => ReadonlyArray<SchemaIssue>): Schema<T> {
  return {
    safeParse(value) {
      const issues = findIssues(value)
      return issues.length === 0 ? { data: value as T } : { error: { issues } }
    },
  }
}

function issuesAt(
  name: PropertyKey,
  member: Schema<unknown>,
  value: unknown,
): ReadonlyArray<SchemaIssue> {
  const { error } = member.safeParse(value)
  return (error?.issues ?? []).map(({ path, message }) => ({ path: [name, ...path], message }))
}

/** A value in which `findProblem` finds nothing wrong. */
export function rule<T>(findProblem: (value: unknown) => string | false | undefined): Schema<T> {
  return schema((value) => {
    const message = findProblem(value)
    return message ? [{ path: [], message }] : []
  })
}

/** An object. Members without a schema may be anything. */
export function object<T>(members: Members<T>): Schema<T> {
  const entries = Object.entries<Schema<unknown>>(members)
  return schema((value) =>
    isObject(value)
      ? entries.flatMap(([name, member]) => issuesAt(name, member, value[name]))
      : [{ path: [], message: 'must be an object' }],
  )
}

/**
 * An array.
 *
 * @param whenEmpty What is wrong with an empty one; nothing by default.
 */
export function list<T>(item: Schema<T>, whenEmpty?: string): Schema<ReadonlyArray<T>> {
  return schema((value) => {
    if (!Array.isArray(value)) return [{ path: [], message: 'must be a list' }]
    if (value.length === 0 && whenEmpty !== undefined) return [{ path: [], message: whenEmpty }]
    return value.flatMap((entry, index) => issuesAt(index, item, entry))
  })
}

/** A value that may be left out. */
export const optional = <T>(present: Schema<T>): Schema<T | undefined> =>
  schema((value) => (value === undefined ? [] : (present.safeParse(value).error?.issues ?? [])))

/** A value that may be left out, or be `null`. */
export const nullish = <T>(present: Schema<T>): Schema<T | null | undefined> =>
  schema((value) => optional(present).safeParse(value ?? undefined).error?.issues ?? [])

/** Any string. */
export const string: Schema<string> = rule(
  (value) => typeof value !== 'string' && 'must be a string',
)

/** A string that is not empty. */
export const text: Schema<string> = rule((value) => {
  if (typeof value !== 'string') return 'must be a string'
  return value === '' && 'must not be empty'
})

/** A number that is finite. */
export const number: Schema<number> = rule((value) => !Number.isFinite(value) && 'must be a number')

/** `true` or `false`. */
export const boolean: Schema<boolean> = rule(
  (value) => typeof value !== 'boolean' && 'must be true or false',
)
