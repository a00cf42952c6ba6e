/**
 * Formats dates and times.
 *
 * @module
 */

import { html } from 'ghtml'

const DATE = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})
const AGE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** Renders an instant, in UTC. @param instant Seconds since the Unix epoch. */
export function renderTime(instant: number): string {
  const date = new Date(instant * 1000)
  return html`<time datetime="${date.toISOString()}">${DATE.format(date)} UTC</time>`
}

/** Renders an instant, and its distance from now. */
export function renderTimeAndAge(instant: number, now: number): string {
  return html`!${renderTime(instant)} <span class="muted">(${ageOf(instant, now)})</span>`
}

/** The distance of an instant from now, for example `2 days ago`. */
export function ageOf(instant: number, now: number): string {
  const seconds = instant - now
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? []
  if (unit === undefined || length === undefined) return 'just now'
  return AGE.format(Math.trunc(seconds / length), unit)
}

/**
 * The end of a day in UTC.
 *
 * @param day As a date field sends it: 2026-12-31.
 *
 * @returns Seconds since the Unix epoch; `undefined` when it is not a valid day.
 */
export function endOfDay(day: string): number | undefined {
  const end = Date.parse(`${day}T23:59:59Z`)
  return /^\d{4}-\d\d-\d\d$/.test(day) && Number.isFinite(end) ? end / 1000 : undefined
}
