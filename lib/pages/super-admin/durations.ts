/**
 * Lifetimes in the units that people use. A client has them in seconds.
 *
 * @module
 */

import type { SuperAdminMessages } from '../languages/messages.ts'
import type { PageLanguage } from '../languages/page-language.ts'

/** A unit. */
interface DurationUnit {
  readonly name: keyof SuperAdminMessages['units']
  /** Its name for `Intl.NumberFormat`. */
  readonly intlName: string
  /** How many seconds it has, as the form sends it. */
  readonly seconds: string
}

/** The units, the shortest first. */
export const DURATION_UNITS: ReadonlyArray<DurationUnit> = [
  { name: 'seconds', intlName: 'second', seconds: '1' },
  { name: 'minutes', intlName: 'minute', seconds: '60' },
  { name: 'hours', intlName: 'hour', seconds: '3600' },
  { name: 'days', intlName: 'day', seconds: '86400' },
]

/**
 * Converts seconds to the largest unit that needs no fraction. Leaves what is no number as it is.
 *
 * @param usualUnit The unit for what is no number.
 */
export function toDuration(
  text: string,
  usualUnit: DurationUnit['name'],
): { readonly amount: string; readonly unit: string } {
  if (!/^[1-9]\d*$/.test(text)) {
    const usual = DURATION_UNITS.find(({ name }) => name === usualUnit)
    return { amount: text, unit: usual?.seconds ?? '1' }
  }
  const unit = DURATION_UNITS.findLast(({ seconds }) => Number(text) % Number(seconds) === 0)
  const { seconds = '1' } = unit ?? {}
  return { amount: String(Number(text) / Number(seconds)), unit: seconds }
}

/** A lifetime in the largest unit that needs no fraction, for example `18 hours`. */
export function lifetimeOf(seconds: number, { tag }: PageLanguage): string {
  const { amount, unit: length } = toDuration(String(seconds), 'seconds')
  const unit = DURATION_UNITS.find((each) => each.seconds === length)?.intlName
  return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Number(amount),
  )
}

/** Converts an amount of a unit to seconds. Leaves what is no number as it is. */
export function toSeconds(amount: string, unit: string): string {
  const number = amount.replaceAll(/\s/g, '').replace(',', '.')
  const isKnown = DURATION_UNITS.some(({ seconds }) => seconds === unit)
  const isNumber = /^\d{1,12}(?:\.\d{1,3})?$/.test(number)
  // Rounded, because 8.3 times 60 is not quite 498.
  return isNumber && isKnown ? String(Number((Number(number) * Number(unit)).toFixed(3))) : amount
}
