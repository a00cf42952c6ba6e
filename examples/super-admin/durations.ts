/**
 * Lifetimes in the units that people use. A client has them in seconds.
 *
 * @module
 */

/** The units, by how many seconds they have. */
export const DURATION_UNITS: ReadonlyArray<{ readonly value: string; readonly label: string }> = [
  { value: '1', label: 'seconds' },
  { value: '60', label: 'minutes' },
  { value: '3600', label: 'hours' },
  { value: '86400', label: 'days' },
]

/** Converts seconds to the largest unit that needs no fraction. Leaves what is no number as it is. */
export function toDuration(seconds: string): { readonly amount: string; readonly unit: string } {
  if (!/^[1-9]\d*$/.test(seconds)) return { amount: seconds, unit: seconds === '' ? '60' : '1' }
  const unit = DURATION_UNITS.findLast(({ value }) => Number(seconds) % Number(value) === 0)
  const { value = '1' } = unit ?? {}
  return { amount: String(Number(seconds) / Number(value)), unit: value }
}

/** Converts an amount of a unit to seconds. Leaves what is no number as it is. */
export function toSeconds(amount: string, unit: string): string {
  const digits = amount.replaceAll(/\s/g, '')
  const isKnown = DURATION_UNITS.some(({ value }) => value === unit)
  return /^\d{1,15}$/.test(digits) && isKnown ? String(Number(digits) * Number(unit)) : amount
}
