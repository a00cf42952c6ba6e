/**
 * The letter on a tile without a picture.
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
  // Upper case first: it can yield two letters, for example for `ß`.
  const upperCase = name.trim().toLocaleUpperCase('en')
  const graphemes = Array.from(GRAPHEMES.segment(upperCase), ({ segment }) => segment)
  const letter = graphemes.find((grapheme) => /^[\p{L}\p{N}]/u.test(grapheme))
  return letter ?? graphemes[0] ?? ''
}
