/**
 * Every character of Unicode, for strings that may be anything.
 *
 * It is what `unit: 'binary'` of fast-check draws from, without the map of 1.1 million characters, a second of
 * CPU, that each such string makes to find out whether it can shrink.
 *
 * @module
 */

import fc from 'fast-check'

const FIRST_SURROGATE = 0xd800
const SURROGATES = 0x800
const COUNT = 0x110000 - SURROGATES

const characterAt = (index: number): string =>
  String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES)

function indexOf(character: unknown): number {
  const code = typeof character === 'string' ? (character.codePointAt(0) ?? 0) : 0
  const index = code < FIRST_SURROGATE ? code : code - SURROGATES
  if (characterAt(index) !== character) throw new Error('this is not one character')
  return index
}

/** One character. */
export const ANY_CHARACTER: fc.Arbitrary<string> = fc
  .nat({ max: COUNT - 1 })
  .map(characterAt, indexOf)
