/**
 * Inline SVG glyphs: decorative, hidden from assistive technology, and in the colour of the text, so that they
 * follow dark mode and forced colours.
 *
 * @module
 */

/** The Teamcast mark: a T that sends a wave. */
export const TEAMCAST_MARK: string = glyph(
  '<path d="M5 6.5h14"/><path d="M10.5 6.5v12"/><path d="M14.5 11.5a6.5 6.5 0 0 1 0 7"/>',
  2.5,
)

/** The link between the tiles of client and Teamcast. */
export const LINK_GLYPH: string = glyph('<path d="M4 9h15l-3.5-3.5"/><path d="M20 15H5l3.5 3.5"/>')

/** A check mark. */
export const CHECK_GLYPH: string = glyph('<path d="m5 12.5 4.5 4.5L19 7.5"/>', 2.25)

/** An exclamation mark in a triangle. */
export const WARNING_GLYPH: string = glyph(
  '<path d="M12 4.5 21 19.5H3Z"/><path d="M12 10v4.5"/><path d="M12 16.9v.1"/>',
)

/** A chevron. */
export const CHEVRON_GLYPH: string = glyph('<path d="m9 6 6 6-6 6"/>')

/** A person and a plus sign: another account. */
export const OTHER_ACCOUNT_GLYPH: string = glyph(
  '<circle cx="10" cy="8" r="3.5"/><path d="M3.5 19.5a6.5 6.5 0 0 1 13 0"/><path d="M19 8v6"/><path d="M16 11h6"/>',
)

/** An exclamation mark in a circle. */
export const ALERT_GLYPH: string = glyph(
  '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5"/><path d="M12 16.4v.1"/>',
)

function glyph(shapes: string, strokeWidth = 1.75): string {
  return `<svg class="glyph" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="${strokeWidth}" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${shapes}</svg>`
}
