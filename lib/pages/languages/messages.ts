/**
 * The catalogue of texts that every language has, and how a page fills one in.
 *
 * @module
 */

import { html } from 'ghtml'
import { fillText } from '../../util/placeholders.ts'
import type { ENGLISH } from './english.ts'
import type { SUPER_ADMIN_ENGLISH } from './super-admin-english.ts'

/** The texts of all pages in one language. `{name}` in a text stands for what the page puts there. */
export type Messages = TextsLike<typeof ENGLISH>

/** The texts of the SuperAdmin pages in one language. */
export type SuperAdminMessages = TextsLike<typeof SUPER_ADMIN_ENGLISH>

type TextsLike<Texts> = {
  readonly [Name in keyof Texts]: Texts[Name] extends string ? string : TextsLike<Texts[Name]>
}

/**
 * Fills in a text.
 *
 * @param values HTML for each placeholder.
 *
 * @returns HTML.
 */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return fillText(html`${text}`, values)
}
