/**
 * The options `resources`, `audience` and `defaultScopes`: validation and defaults.
 *
 * @module
 */

import { z } from 'zod'
import type { Issue } from '../errors.ts'
import { isSameUri, type ProtectedResource, scopesOfAll } from '../resources/protected-resource.ts'
import type { AuthorizationServerOptions } from './authorization-server-options.ts'

const URI_CHARACTERS = /^[\x21-\x7E]+$/

/** A token audience. */
export const audienceSchema: z.ZodType<string> = z
  .string('must be a string')
  .refine(isAbsoluteUri, 'must be an absolute URI without fragment')

const clientIdsSchema = z.custom(
  (value) => typeof value === 'function' || (Array.isArray(value) && value.every(isText)),
  'must be an array of client ids, or a function that returns one',
)

/** The schema of a list of scopes. */
export const scopesSchema: z.ZodType<ReadonlyArray<string>> = z.array(
  z.string('must be a scope'),
  'must be an array of scopes',
)

/** The schema of `resources`. */
export const resourcesSchema: z.ZodType<unknown> = z
  .array(
    z.strictObject(
      {
        audience: audienceSchema,
        scopes: scopesSchema.refine(({ length }) => length > 0, 'must contain at least one scope'),
        resourceServerClientIds: clientIdsSchema.optional(),
      },
      'must be an object with "audience" and "scopes"',
    ),
    'must be an array',
  )
  .min(1, 'must contain at least one resource')

type Given = Pick<AuthorizationServerOptions, 'audience' | 'resources'>

/** Validates resources against each other and against the catalogue. Skips malformed ones. */
export function findResourceIssues(
  { audience, resources }: Given,
  catalogue: ReadonlyArray<string>,
): ReadonlyArray<Issue> {
  if (resources === undefined || !resourcesSchema.safeParse(resources).success) return []
  const ofEach = resources.flatMap((resource, index) =>
    [
      ...audienceIssues(resource, resources.slice(0, index)),
      ...scopeIssues('scopes', resource.scopes, catalogue),
    ].map(({ path, message }) => ({ path: `resources.${index}.${path}`, message })),
  )
  const orphans = catalogue.filter((scope) => !scopesOfAll(resources).includes(scope))
  const message = 'belongs to no resource: add it to one, or take it out of "scopes"'
  return [
    ...(audience === undefined
      ? []
      : [{ path: 'audience', message: 'must be left out: "resources" has the audiences' }]),
    ...ofEach,
    ...orphans.map((scope) => ({ path: `scopes.${scope}`, message })),
  ]
}

function audienceIssues(
  { audience }: ProtectedResource,
  before: ReadonlyArray<ProtectedResource>,
): ReadonlyArray<Issue> {
  const isTaken = before.some((other) => isSameUri(other.audience, audience))
  return isTaken ? [{ path: 'audience', message: 'must not be that of another resource' }] : []
}

/** Validates `defaultScopes` against the catalogue. Skips malformed ones. */
export function findDefaultScopeIssues(
  { defaultScopes }: Pick<AuthorizationServerOptions, 'defaultScopes'>,
  catalogue: ReadonlyArray<string>,
): ReadonlyArray<Issue> {
  const { data = [] } = scopesSchema.safeParse(defaultScopes)
  return scopeIssues('defaultScopes', data, catalogue)
}

function scopeIssues(
  name: string,
  scopes: ReadonlyArray<string>,
  catalogue: ReadonlyArray<string>,
): ReadonlyArray<Issue> {
  return scopes.flatMap((scope, index) => {
    const path = `${name}.${index}`
    if (!catalogue.includes(scope)) return [{ path, message: 'must be one of "scopes"' }]
    return scopes.indexOf(scope) < index ? [{ path, message: 'must not be repeated' }] : []
  })
}

/** The resources of a server: the given ones, or else one with all scopes. */
export function resolveResources(
  { audience, resources }: Given,
  issuer: string,
  catalogue: ReadonlyArray<string>,
): ReadonlyArray<ProtectedResource> {
  const given = resources ?? [{ audience: audience ?? issuer, scopes: catalogue }]
  return Object.freeze(
    given.map((resource) => Object.freeze({ ...resource, scopes: [...resource.scopes] })),
  )
}

function isAbsoluteUri(text: string): boolean {
  return URL.canParse(text) && URI_CHARACTERS.test(text) && !text.includes('#')
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}
