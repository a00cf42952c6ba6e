/**
 * Control characters (C0, C1), line separators, bidirectional controls, and characters that nobody sees:
 * of zero width, and tags.
 */
const CONTROL_CHARACTERS =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B-\u200F\u2060-\u2064\uFEFF\u{E0000}-\u{E007F}]/gu

/**
 * Replaces each control character and lone surrogate of a text by U+FFFD, so that terminals and log viewers
 * show it safely.
 */
function printableText(text: string): string {
  return text.toWellFormed().replaceAll(CONTROL_CHARACTERS, '\uFFFD')
}

/** Makes every text of a value printable, in nested arrays and objects too. */
export function printable<Value>(value: Value): Value {
  return printableValue(value) as Value
}

function printableValue(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value)
  if (Array.isArray(value)) return value.map(printableValue)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, printableValue(member)])
  return Object.fromEntries(members)
}
