/**
 * The catalogue of texts that every language has, and how a page fills one in.
 *
 * @module
 */

import { html } from 'ghtml'
import type { ENGLISH } from './english.ts'
import type { SUPER_ADMIN_ENGLISH } from './super-admin-english.ts'

/** The texts of all pages in one language. `{name}` in a text stands for what the page puts there. */
export type Messages = TextsLike<typeof ENGLISH>

/** The texts of the SuperAdmin pages in one language. */
export type SuperAdminMessages = TextsLike<typeof SUPER_ADMIN_ENGLISH>

type TextsLike<Texts> = {
  readonly [Name in keyof Texts]: Texts[Name] extends string ? string : TextsLike<Texts[Name]>
}

const PLACEHOLDER = /\{(\w+)\}/

/**
 * Fills in a text.
 *
 * @param values HTML for each placeholder.
 *
 * @returns HTML.
 */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  const parts = text.split(PLACEHOLDER).map((part, index) => {
    const isPlaceholder = index % 2 === 1
    return isPlaceholder ? (values[part] ?? '') : html`${part}`
  })
  return parts.join('')
}

/** Fills in a text that is no HTML. */
export function fillText(text: string, values: Readonly<Record<string, string>>): string {
  return text
    .split(PLACEHOLDER)
    .map((part, index) => (index % 2 === 1 ? (values[part] ?? '') : part))
    .join('')
}

/** The placeholders of a text, sorted. */
export function placeholdersOf(text: string): ReadonlyArray<string> {
  return text
    .split(PLACEHOLDER)
    .filter((_part, index) => index % 2 === 1)
    .sort()
}
