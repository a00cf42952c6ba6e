/**
 * The languages of the pages, and how one is chosen.
 *
 * @module
 */

import { ARABIC } from './arabic.ts'
import { ENGLISH } from './english.ts'
import { GERMAN } from './german.ts'
import type { Messages, SuperAdminMessages } from './messages.ts'
import { SUPER_ADMIN_ARABIC } from './super-admin-arabic.ts'
import { SUPER_ADMIN_ENGLISH } from './super-admin-english.ts'
import { SUPER_ADMIN_GERMAN } from './super-admin-german.ts'

/** A language of the pages. */
export interface PageLanguage {
  /** BCP 47 tag, for the attribute `lang`. */
  readonly tag: string
  /** For the attribute `dir`. */
  readonly direction: 'ltr' | 'rtl'
  /** The texts of the server's own pages. */
  readonly messages: Messages
  /** The texts of the SuperAdmin pages. */
  readonly superAdminMessages: SuperAdminMessages
}

/** A language that the server has itself. */
export type BuiltInLanguage = 'en' | 'de' | 'ar'

/** A language of the host. */
export interface CustomLanguage {
  /** BCP 47 tag, for example `fr` or `pt-BR`. */
  readonly tag: string
  /** Every text of the pages. */
  readonly messages: Messages
  /** Every text of the SuperAdmin pages. Required with the option `superAdminPages`. */
  readonly superAdminMessages?: SuperAdminMessages
}

const BUILT_IN: Readonly<
  Record<BuiltInLanguage, Pick<PageLanguage, 'messages' | 'superAdminMessages'>>
> = {
  en: { messages: ENGLISH, superAdminMessages: SUPER_ADMIN_ENGLISH },
  de: { messages: GERMAN, superAdminMessages: SUPER_ADMIN_GERMAN },
  ar: { messages: ARABIC, superAdminMessages: SUPER_ADMIN_ARABIC },
}

/** Whether a value names a language that the server has itself. */
export function isBuiltInLanguage(value: unknown): value is BuiltInLanguage {
  return typeof value === 'string' && Object.hasOwn(BUILT_IN, value)
}

const RIGHT_TO_LEFT_SCRIPTS: ReadonlyArray<string | undefined> = [
  'Adlm',
  'Arab',
  'Hebr',
  'Nkoo',
  'Syrc',
  'Thaa',
]

/** Creates a language of the pages. */
export function toPageLanguage(given: BuiltInLanguage | CustomLanguage): PageLanguage {
  const {
    tag,
    messages,
    superAdminMessages = SUPER_ADMIN_ENGLISH,
  } = typeof given === 'string' ? { tag: given, ...BUILT_IN[given] } : given
  const { script } = new Intl.Locale(tag).maximize()
  const direction = RIGHT_TO_LEFT_SCRIPTS.includes(script) ? 'rtl' : 'ltr'
  return Object.freeze({ tag, direction, messages, superAdminMessages })
}

/** English, the language of pages without the option `languages`. */
export const ENGLISH_PAGES: PageLanguage = toPageLanguage('en')

/** The languages of a server; the first is for those whose language it does not have. */
export type PageLanguages = readonly [PageLanguage, ...ReadonlyArray<PageLanguage>]

/**
 * Finds the language for a list of tags: for each tag, that language, a more general or a more specific one
 * (RFC 4647 §3.4).
 *
 * @param tags In the order of preference, for example `ui_locales` split at spaces.
 */
export function findLanguage(
  languages: PageLanguages,
  tags: ReadonlyArray<string>,
): PageLanguage | undefined {
  for (const tag of tags) {
    const found = lookUp(languages, tag.replaceAll('_', '-').toLowerCase())
    if (found !== undefined) return found
  }
  return undefined
}

function lookUp(languages: PageLanguages, wanted: string): PageLanguage | undefined {
  const subtags = wanted.split('-')
  for (let length = subtags.length; length > 0; length -= 1) {
    const range = subtags.slice(0, length).join('-')
    const found = languages.find(({ tag }) => tag.toLowerCase() === range)
    if (found !== undefined) return found
  }
  return wanted === ''
    ? undefined
    : languages.find(({ tag }) => tag.toLowerCase().startsWith(`${wanted}-`))
}
