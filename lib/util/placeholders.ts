/**
 * Texts with placeholders, for example `Back to {client}`.
 *
 * @module
 */

const PLACEHOLDER = /\{(\w+)\}/

/** Fills in a text. */
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
