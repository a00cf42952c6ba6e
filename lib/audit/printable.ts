/** Control characters (C0, C1), line separators, and what turns the direction of text around. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** A text that a terminal or a log viewer shows as it is: without control characters, each of which becomes U+FFFD. */
export function printableText(text: string): string {
  return text.replaceAll(CONTROL_CHARACTERS, '\uFFFD')
}

/** A value of which every text is printable, in arrays and objects too. */
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
