/**
 * The scope catalogue: all scopes, with descriptions for the users who grant them.
 *
 * @module
 */

/** Permission codes (`resource:action`) and what the pages say about each: a sentence, or more than that. */
export type ScopeCatalogue = Readonly<Record<string, string | ScopeDescription>>

/** What the pages say about a scope. */
export interface ScopeDescription {
  /** The sentence for the consent page, for example `Delete interviews you can edit`. */
  readonly description: string
  /**
   * Whether it lets a client do what is hard to undo, for example delete or approve something: the pages set it
   * apart. Defaults to `false`.
   */
  readonly isSensitive?: boolean
}

/** Teamcast's own permission codes. */
export const TEAMCAST_SCOPES: ScopeCatalogue = Object.freeze({
  'interview:read': 'See your interviews and their results',
  'interview:create': 'Create new interviews',
  'interview:update': 'Change interviews you can edit',
  'interview:delete': { description: 'Delete interviews you can edit', isSensitive: true },
  'interview:conduct': 'Conduct interviews on your behalf',
  'interview:approve': {
    description: 'Approve interviews and their results on your behalf',
    isSensitive: true,
  },
  'candidate:read': 'See candidates and their profiles',
})

/** Describes a scope; by its name if it is not in the catalogue any more. */
export function describeScope(
  scope: string,
  catalogue: ScopeCatalogue,
): Required<ScopeDescription> {
  const entry = catalogue[scope] ?? scope
  const { description, isSensitive = false } =
    typeof entry === 'string' ? { description: entry } : entry
  return { description, isSensitive }
}
