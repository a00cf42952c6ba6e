/**
 * Dates on the pages, in UTC: without a script, the time zone of the user is unknown.
 *
 * @module
 */

import { html } from 'ghtml'

const DAY_SECONDS = 24 * 60 * 60
/** From this many days on, the date is shown. */
const MANY_DAYS = 31

const MINUTES = new Intl.NumberFormat('en', {
  style: 'unit',
  unit: 'minute',
  unitDisplay: 'long',
})
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

/**
 * Renders a day as a date.
 *
 * @param instant Seconds since the Unix epoch.
 */
export function renderDate(instant: number): string {
  return renderTime(instant, DATE.format(instant * 1000))
}

/**
 * Renders a day relative to now, for example `yesterday`.
 *
 * @param instant Seconds since the Unix epoch.
 * @param now The time; seconds since the Unix epoch.
 */
export function renderDay(instant: number, now: number): string {
  const days = dayOf(now) - dayOf(instant)
  if (days >= MANY_DAYS) return html`on !${renderDate(instant)}`
  // Clocks differ a little: the future counts as today.
  if (days <= 0) return renderTime(instant, 'today')
  return renderTime(instant, days === 1 ? 'yesterday' : `${days} days ago`)
}

/** A time as minutes, rounded up, for example `5 minutes`. */
export function minutesOf(seconds: number): string {
  return MINUTES.format(Math.ceil(seconds / 60))
}

function renderTime(instant: number, text: string): string {
  const date = new Date(instant * 1000).toISOString().slice(0, 10)
  return html`<time datetime="${date}">${text}</time>`
}

function dayOf(instant: number): number {
  return Math.floor(instant / DAY_SECONDS)
}
