/**
 * The pages of a server, with its brand, and how the language of each is chosen.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Brand } from './brand.ts'
import { findLanguage, type PageLanguage, type PageLanguages } from './languages/page-language.ts'
import type { PageContext, Pages } from './pages.ts'

/** Who asks for a language beside the browser. */
export interface LanguagePreferences {
  /** `ui_locales` of the authorization request (OIDC Core §3.1.2.1). */
  readonly uiLocales?: string | undefined
  /** The user of the page. The host may say anything about the language. */
  readonly user?: { readonly locale?: unknown } | undefined
}

/** The pages of a server. */
export interface ServerPages extends Pages {
  /** The languages of the pages. */
  readonly languages: PageLanguages
  /** Whether the host has chosen them. */
  readonly hasLanguages: boolean
  /** The brand, and the language that a request asks for: `ui_locales`, the user's, or `Accept-Language`. */
  readonly contextOf: (
    request: Pick<Context, 'acceptsLanguages'>,
    preferences?: LanguagePreferences,
  ) => PageContext
}

/** Creates {@link ServerPages.contextOf}. */
export function createContextOf(brand: Brand, languages: PageLanguages): ServerPages['contextOf'] {
  return (request, { uiLocales = '', user } = {}) => {
    const locale = typeof user?.locale === 'string' ? [user.locale] : []
    const language =
      findLanguage(languages, uiLocales.split(' ')) ??
      findLanguage(languages, locale) ??
      findAccepted(languages, request)
    return { brand, language }
  }
}

function findAccepted(
  languages: PageLanguages,
  request: Pick<Context, 'acceptsLanguages'>,
): PageLanguage {
  const accepted = request.acceptsLanguages(languages.map(({ tag }) => tag))
  return languages.find(({ tag }) => tag === accepted) ?? languages[0]
}
