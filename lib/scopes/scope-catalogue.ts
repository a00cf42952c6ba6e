/**
 * The scope catalogue: all scopes, with descriptions for the users who grant them.
 *
 * @module
 */

/** Permission codes (`resource:action`) and their descriptions for the consent page. */
export type ScopeCatalogue = Readonly<Record<string, string>>

/** Teamcast's own permission codes. */
export const TEAMCAST_SCOPES: ScopeCatalogue = Object.freeze({
  'interview:read': 'See your interviews and their results',
  'interview:create': 'Create new interviews',
  'interview:update': 'Change interviews you can edit',
  'interview:delete': 'Delete interviews you can edit',
  'interview:conduct': 'Conduct interviews on your behalf',
  'interview:approve': 'Approve interviews and their results on your behalf',
  'candidate:read': 'See candidates and their profiles',
})

/** The description of a scope; the scope itself if it is not in the catalogue any more. */
export function descriptionOf(scope: string, catalogue: ScopeCatalogue): string {
  return catalogue[scope] ?? scope
}
