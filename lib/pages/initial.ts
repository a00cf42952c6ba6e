/**
 * The letter that stands in for a picture.
 *
 * @module
 */

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Finds the letter to show on a tile: the first letter or digit of a name, else its first character.
 *
 * @param name Name of a client or a user; may be empty.
 *
 * @returns One grapheme in upper case, or an empty string.
 */
export function initialOf(name: string): string {
  const graphemes = Array.from(GRAPHEMES.segment(name.trim()), ({ segment }) => segment)
  const letter = graphemes.find((grapheme) => /^[\p{L}\p{N}]/u.test(grapheme))
  return (letter ?? graphemes[0] ?? '').toLocaleUpperCase('en')
}
