/**
 * Dates and times on the pages. Dates are in UTC: without a script, the time zone of the user is unknown.
 *
 * @module
 */

import { html } from 'ghtml'
import { fill } from './languages/messages.ts'
import type { PageLanguage } from './languages/page-language.ts'

const DAY_SECONDS = 24 * 60 * 60
/** From this many days on, the date is shown. */
const MANY_DAYS = 31

/**
 * Renders a day as a date.
 *
 * @param instant Seconds since the Unix epoch.
 */
export function renderDate(instant: number, { tag }: PageLanguage): string {
  // The date of plain English has the day before the month.
  const format = new Intl.DateTimeFormat(tag === 'en' ? 'en-GB' : tag, {
    dateStyle: 'long',
    timeZone: 'UTC',
  })
  return renderTime(instant, format.format(instant * 1000))
}

/**
 * Renders when something was last used, for example `Last used yesterday`.
 *
 * @param instant Seconds since the Unix epoch; `undefined` for never.
 * @param now The time; seconds since the Unix epoch.
 */
export function renderLastUsed(
  instant: number | undefined,
  now: number,
  language: PageLanguage,
): string {
  const { tag, messages } = language
  if (instant === undefined) return html`${messages.notUsedYet}`
  const days = dayOf(now) - dayOf(instant)
  if (days >= MANY_DAYS) return fill(messages.lastUsedOn, { date: renderDate(instant, language) })
  const format = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  // Clocks differ a little: the future counts as today.
  const day = format.format(-Math.max(0, days), 'day')
  return fill(messages.lastUsed, { day: renderTime(instant, day) })
}

/**
 * Renders an instant in UTC, for example `3 Mar 2026, 12:00 UTC`.
 *
 * @param instant Seconds since the Unix epoch.
 */
export function renderInstant(instant: number, { tag }: PageLanguage): string {
  const date = new Date(instant * 1000)
  const format = new Intl.DateTimeFormat(tag === 'en' ? 'en-GB' : tag, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return html`<time datetime="${date.toISOString()}">${format.format(date)} UTC</time>`
}

/** Renders an instant in UTC, and its distance from now. */
export function renderInstantAndAge(instant: number, now: number, language: PageLanguage): string {
  const age = ageOf(instant, now, language)
  return html`!${renderInstant(instant, language)} <span class="muted">(${age})</span>`
}

const AGE_UNITS = [
  ['year', 365 * DAY_SECONDS],
  ['month', 30 * DAY_SECONDS],
  ['day', DAY_SECONDS],
  ['hour', 3600],
  ['minute', 60],
] as const

/** The distance of an instant from now, for example `2 days ago`; below a minute `now`. */
export function ageOf(instant: number, now: number, { tag }: PageLanguage): string {
  const seconds = instant - now
  const [unit, length] = AGE_UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? []
  const format = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  if (unit === undefined || length === undefined) return format.format(0, 'second')
  return format.format(Math.trunc(seconds / length), unit)
}

/** A time as minutes, rounded up, for example `5 minutes`; below a minute as seconds. */
export function durationOf(seconds: number, { tag }: PageLanguage): string {
  const [unit, count] = seconds < 60 ? ['second', seconds] : ['minute', Math.ceil(seconds / 60)]
  return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

function renderTime(instant: number, text: string): string {
  const date = new Date(instant * 1000).toISOString().slice(0, 10)
  return html`<time datetime="${date}">${text}</time>`
}

function dayOf(instant: number): number {
  return Math.floor(instant / DAY_SECONDS)
}
