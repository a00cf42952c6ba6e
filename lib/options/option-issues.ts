/**
 * What is wrong with options that are each well-formed, but not together.
 *
 * @module
 */

import type { Issue } from '../errors.ts'
import { USERINFO_PATH } from '../http/paths.ts'
import { IDENTITY_SCOPE_NAMES } from '../openid-connect/identity-scopes.ts'
import { tagOf } from '../pages/pages-options.ts'
import { isSameUri, type ProtectedResource, scopesOfAll } from '../resources/protected-resource.ts'
import { findMissingLanguages, TEAMCAST_SCOPES } from '../scopes/scope-catalogue.ts'
import { isObject } from '../util/is-object.ts'
import type { AuthorizationServerOptions } from './authorization-server-options.ts'
import { type AudienceOptions, resourcesSchema, scopesSchema } from './resource-options.ts'

/** Keys are given in one of two ways. */
export function findKeyIssues(options: Partial<AuthorizationServerOptions>): ReadonlyArray<Issue> {
  if (!isObject(options)) return []
  const { keys, signingKeys, cookieKeys } = options
  const isAnyGiven = signingKeys !== undefined || cookieKeys !== undefined
  if ((keys !== undefined) === isAnyGiven) {
    const message = 'or "signingKeys" and "cookieKeys" must be given, and not both'
    return [{ path: 'keys', message }]
  }
  const missing = Object.entries({ signingKeys, cookieKeys }).filter(
    ([, given]) => isAnyGiven && given === undefined,
  )
  return missing.map(([path]) => ({
    path,
    message: 'is missing; pass it, or "keys" instead of "signingKeys" and "cookieKeys"',
  }))
}

/** Users sign in in one of two ways. */
export function findSignInIssues(
  options: Partial<AuthorizationServerOptions>,
): ReadonlyArray<Issue> {
  if (!isObject(options)) return []
  const given = [options.authenticateUser, options.hostSession].filter((way) => way !== undefined)
  if (given.length === 1) return []
  return [
    {
      path: 'authenticateUser',
      message: 'or "hostSession" must be given, and not both: it is how users sign in',
    },
  ]
}

/** The pages of SuperAdmins need to know who is one, and their texts in every language of the pages. */
export function findSuperAdminIssues(
  options: Partial<AuthorizationServerOptions>,
): ReadonlyArray<Issue> {
  if (!isObject(options) || options.superAdminPages === undefined) return []
  const { authorizeSuperAdmin, pages } = options
  const languages: unknown = isObject(pages) ? pages['languages'] : undefined
  const given: ReadonlyArray<unknown> = Array.isArray(languages) ? languages : []
  return [
    ...(authorizeSuperAdmin === undefined
      ? [{ path: 'authorizeSuperAdmin', message: 'is missing; "superAdminPages" needs it' }]
      : []),
    ...given.flatMap((language, index) =>
      isObject(language) && language['superAdminMessages'] === undefined
        ? [
            {
              path: `pages.languages.${index}.superAdminMessages`,
              message: 'is missing; "superAdminPages" needs it',
            },
          ]
        : [],
    ),
  ]
}

/** Every scope must have a sentence in every language of the pages. */
export function findTranslationIssues({
  scopes = TEAMCAST_SCOPES,
  pages,
}: AuthorizationServerOptions): ReadonlyArray<Issue> {
  const tags = (pages?.languages ?? []).map(tagOf)
  return Object.entries(scopes).flatMap(([scope, entry]) => {
    const missing = findMissingLanguages(entry, tags)
    const message = `must have "translations" for the languages of the pages: ${missing.join(', ')}; "description" serves for one of them`
    return missing.length === 0 ? [] : [{ path: `scopes.${scope}`, message }]
  })
}

/** `resources` and `defaultScopes` must agree with the catalogue. */
export function findAudienceIssues(options: AudienceOptions): ReadonlyArray<Issue> {
  if (!isObject(options)) return []
  const known = Object.keys(isObject(options['scopes']) ? options['scopes'] : TEAMCAST_SCOPES)
  const identityScopes = options['openIdConnect'] === undefined ? [] : IDENTITY_SCOPE_NAMES
  return [
    ...findResourceIssues(options, known),
    ...findUserinfoIssues(options),
    ...findDefaultScopeIssues(options, [...known, ...identityScopes]),
  ]
}

/** Validates resources against each other and against the catalogue. Skips malformed ones. */
function findResourceIssues(
  { audience, resources }: AudienceOptions,
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

/** The userinfo endpoint is a resource of its own: no API may have its audience. */
function findUserinfoIssues(options: AudienceOptions): ReadonlyArray<Issue> {
  const { issuer, audience, resources, openIdConnect } = options
  if (openIdConnect === undefined || typeof issuer !== 'string') return []
  const isUserinfo = (uri: unknown): boolean =>
    typeof uri === 'string' && isSameUri(uri, issuer + USERINFO_PATH)
  const message = 'must not be the URL of the userinfo endpoint'
  const { data = [] } = resourcesSchema.safeParse(resources)
  return [
    ...(isUserinfo(audience) ? [{ path: 'audience', message }] : []),
    ...data.flatMap((resource, index) =>
      isUserinfo(resource.audience) ? [{ path: `resources.${index}.audience`, message }] : [],
    ),
  ]
}

/** Validates `defaultScopes` against the catalogue. Skips malformed ones. */
function findDefaultScopeIssues(
  { defaultScopes }: AudienceOptions,
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
