/**
 * The option `pages`: validation and defaults.
 *
 * @module
 */

import { z } from 'zod'
import type { Issue } from '../errors.ts'
import { isSecureUrl } from '../urls/secure-url.ts'
import { isObject } from '../util/is-object.ts'
import { functionOption } from '../util/option-schemas.ts'
import { placeholdersOf } from '../util/placeholders.ts'
import { type AccentColors, isColor, validateContrast } from './accent-colors.ts'
import type { BrandOptions } from './brand.ts'
import { findLogoOrigin } from './https-url.ts'
import { ENGLISH } from './languages/english.ts'
import {
  type BuiltInLanguage,
  type CustomLanguage,
  isBuiltInLanguage,
} from './languages/page-language.ts'
import { SUPER_ADMIN_ENGLISH } from './languages/super-admin-english.ts'
import type { Pages } from './pages.ts'

/** The option `pages`: brand, languages, and renderers that replace the server's own pages. */
export interface PagesOptions extends Partial<Pages> {
  /** Name, logo, colour and links of the service. Defaults to Teamcast's, without links. */
  readonly brand?: BrandOptions
  /**
   * The languages of the pages: those that the server has itself, and others with all their texts. The first is for
   * everybody whose language is not among them. Every scope must have a sentence in each, and so must pages of your own
   * have their texts. Announced as `ui_locales_supported`. Defaults to English, which is not announced.
   *
   * @see [OIDC Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
   */
  readonly languages?: readonly [
    BuiltInLanguage | CustomLanguage,
    ...ReadonlyArray<BuiltInLanguage | CustomLanguage>,
  ]
}

const MAXIMUM_NAME_LENGTH = 60
const MAXIMUM_DATA_URL_LENGTH = 32_768
const DATA_URL = /^data:image\/(?:png|jpeg|webp|svg\+xml)[;,][\x21-\x7e]+$/

const colorSchema = (scheme: keyof AccentColors): z.ZodType<string> =>
  z.string('must be a colour such as "#2f4bd6"').superRefine((color, context) => {
    const problem = isColor(color)
      ? validateContrast(color, scheme)
      : 'must be a colour such as "#2f4bd6"'
    if (problem !== undefined) context.addIssue(problem)
  })

const accentColorsSchema = z.strictObject({
  light: colorSchema('light'),
  dark: colorSchema('dark'),
})

const accentColorSchema = z.custom<string | AccentColors>().superRefine((color, context) => {
  const schema = isObject(color) ? accentColorsSchema : colorSchema('light')
  const { error } = schema.safeParse(color, { reportInput: true })
  for (const issue of error?.issues ?? []) context.addIssue({ ...issue })
})

const linkSchema = z
  .string('must be a URL')
  .refine((text) => {
    const url = URL.parse(text)
    return url !== null && isSecureUrl(url)
  }, 'must be an https URL, or an http URL of a loopback address')
  .optional()

const brandSchema = z.strictObject(
  {
    name: z
      .string('must be a string')
      .refine((name) => name.trim() !== '', 'must not be empty')
      .refine(
        ({ length }) => length <= MAXIMUM_NAME_LENGTH,
        `must have at most ${MAXIMUM_NAME_LENGTH} characters`,
      )
      .optional(),
    logoUrl: z
      .string('must be a URL')
      .refine(
        (url) => findLogoOrigin(url) !== undefined || DATA_URL.test(url),
        'must be an https URL, or a data: URL of a PNG, JPEG, WebP or SVG image',
      )
      .refine(
        ({ length }) => length <= MAXIMUM_DATA_URL_LENGTH,
        `must have at most ${MAXIMUM_DATA_URL_LENGTH} characters`,
      )
      .optional(),
    accentColor: accentColorSchema.optional(),
    links: z
      .strictObject(
        {
          forgotPassword: linkSchema,
          createAccount: linkSchema,
          support: linkSchema,
          privacy: linkSchema,
        },
        'must be an object of URLs',
      )
      .optional(),
  },
  'must be an object with name, logoUrl, accentColor and links',
)

const LANGUAGE_WORDS = 'must be "en", "de", "ar", or an object with "tag" and "messages"'

const languageSchema = z.custom().superRefine((language, context) => {
  if (isBuiltInLanguage(language)) return
  if (!isObject(language)) {
    context.addIssue(LANGUAGE_WORDS)
    return
  }
  const { tag, messages, superAdminMessages } = language
  if (!isLanguageTag(tag)) {
    context.addIssue({
      code: 'custom',
      path: ['tag'],
      message: 'must be a language tag such as "fr" or "pt-BR"',
    })
  }
  const issues = [
    ...findMessageIssues(messages, ENGLISH, 'messages'),
    ...(superAdminMessages === undefined
      ? []
      : findMessageIssues(superAdminMessages, SUPER_ADMIN_ENGLISH, 'superAdminMessages')),
  ]
  for (const { path, message } of issues) {
    context.addIssue({ code: 'custom', path: path.split('.'), message })
  }
})

function isLanguageTag(tag: unknown): boolean {
  if (typeof tag !== 'string') return false
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag
  } catch {
    return false
  }
}

/** Compares texts with those in English: each must be there, with the same placeholders. */
export function findMessageIssues(
  given: unknown,
  english: object,
  path: string,
): ReadonlyArray<Issue> {
  if (!isObject(given)) return [{ path, message: 'must be an object of texts' }]
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(english, name))
  return [
    ...unknown.map((name) => ({ path: `${path}.${name}`, message: 'is not a text of the pages' })),
    ...Object.entries(english).flatMap(([name, text]) =>
      typeof text === 'string'
        ? textIssues(given[name], text, `${path}.${name}`)
        : findMessageIssues(given[name], text, `${path}.${name}`),
    ),
  ]
}

function textIssues(given: unknown, english: string, path: string): ReadonlyArray<Issue> {
  if (typeof given !== 'string' || given.trim() === '') {
    return [{ path, message: `must be a text: in English ${JSON.stringify(english)}` }]
  }
  const placeholders = placeholdersOf(english)
  if (placeholdersOf(given).join() === placeholders.join()) return []
  const needed = placeholders.map((name) => `{${name}}`).join(' and ') || 'no {placeholder}'
  return [{ path, message: `must contain ${needed}, once` }]
}

const languagesSchema = z
  .array(languageSchema, 'must be an array of languages')
  .min(1, 'must contain at least one language')
  .superRefine((languages, context) => {
    const tags = languages.map(tagOf)
    for (const [index, tag] of tags.entries()) {
      if (tags.indexOf(tag) === index) continue
      context.addIssue({ code: 'custom', path: [index], message: 'must not be repeated' })
    }
  })

/** The tag of a language of the option. */
export function tagOf(language: unknown): string {
  return typeof language === 'string' ? language : (language as CustomLanguage).tag
}

/** The schema of the option. */
export const pagesSchema: z.ZodType = z.strictObject(
  {
    signIn: functionOption.optional(),
    selectAccount: functionOption.optional(),
    consent: functionOption.optional(),
    accessRefused: functionOption.optional(),
    connections: functionOption.optional(),
    error: functionOption.optional(),
    brand: brandSchema.optional(),
    languages: languagesSchema.optional(),
  },
  'must be an object of brand, languages and page renderers',
)
