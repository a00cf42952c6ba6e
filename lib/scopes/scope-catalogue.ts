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
  /**
   * The sentence in other languages, by the tag of the language. A catalogue must have every sentence in every language
   * of the pages (`pages.languages`); `description` counts for the one that is missing here.
   */
  readonly translations?: Readonly<Record<string, string>>
}

/** Teamcast's own permission codes. */
export const TEAMCAST_SCOPES: ScopeCatalogue = Object.freeze({
  'interview:read': {
    description: 'See your interviews and their results',
    translations: {
      de: 'Ihre Interviews und deren Ergebnisse sehen',
      ar: 'الاطلاع على مقابلاتك ونتائجها',
    },
  },
  'interview:create': {
    description: 'Create new interviews',
    translations: { de: 'Neue Interviews anlegen', ar: 'إنشاء مقابلات جديدة' },
  },
  'interview:update': {
    description: 'Change interviews you can edit',
    translations: {
      de: 'Interviews ändern, die Sie bearbeiten dürfen',
      ar: 'تغيير المقابلات التي يمكنك تعديلها',
    },
  },
  'interview:delete': {
    description: 'Delete interviews you can edit',
    isSensitive: true,
    translations: {
      de: 'Interviews löschen, die Sie bearbeiten dürfen',
      ar: 'حذف المقابلات التي يمكنك تعديلها',
    },
  },
  'interview:conduct': {
    description: 'Conduct interviews on your behalf',
    translations: { de: 'In Ihrem Namen Interviews führen', ar: 'إجراء المقابلات نيابةً عنك' },
  },
  'interview:approve': {
    description: 'Approve interviews and their results on your behalf',
    isSensitive: true,
    translations: {
      de: 'In Ihrem Namen Interviews und deren Ergebnisse freigeben',
      ar: 'اعتماد المقابلات ونتائجها نيابةً عنك',
    },
  },
  'candidate:read': {
    description: 'See candidates and their profiles',
    translations: {
      de: 'Bewerberinnen und Bewerber und deren Profile sehen',
      ar: 'الاطلاع على المرشحين وملفاتهم',
    },
  },
})

/**
 * Describes a scope; by its name if it is not in the catalogue any more.
 *
 * @param language Tag of the language. Defaults to that of `description`.
 */
export function describeScope(
  scope: string,
  catalogue: ScopeCatalogue,
  language = '',
): Required<Omit<ScopeDescription, 'translations'>> {
  const {
    description,
    isSensitive = false,
    translations = {},
  } = toDescription(catalogue[scope] ?? scope)
  return { description: translations[language] ?? description, isSensitive }
}

/** The languages, of some, in which there is no sentence for a scope: `description` is for one of them. */
export function findMissingLanguages(
  entry: ScopeCatalogue[string],
  languages: ReadonlyArray<string>,
): ReadonlyArray<string> {
  const { translations = {} } = toDescription(entry)
  const missing = languages.filter((language) => translations[language] === undefined)
  return missing.length > 1 ? missing : []
}

function toDescription(entry: ScopeCatalogue[string]): ScopeDescription {
  return typeof entry === 'string' ? { description: entry } : entry
}
