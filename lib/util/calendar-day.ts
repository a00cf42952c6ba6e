/**
 * Days of the calendar.
 *
 * @module
 */

/** Whether a text is a day, for example `2027-03-31`. `Date.parse` alone takes 31 February for 3 March. */
export function isCalendarDay(text: string): boolean {
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text)
}
