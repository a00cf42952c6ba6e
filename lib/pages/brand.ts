/**
 * The brand of the service on the pages: name, logo, colour and links.
 *
 * @module
 */

import { type AccentColors, deriveAccentColors } from './accent-colors.ts'

/** How the pages call the service, and what they show of it. */
export interface BrandOptions {
  /** Name of the service. Defaults to `Teamcast`. */
  readonly name?: string
  /**
   * A square picture beside the name: an https URL, or a `data:` URL of a PNG, JPEG, WebP or SVG image of at most
   * 32 768 characters, which needs no request to another site. Defaults to the mark of Teamcast, and for another
   * name to its initial.
   */
  readonly logoUrl?: string
  /**
   * Colour of buttons and links as `#rrggbb`, with a contrast of at least 4.5 to white (WCAG 2.2 §1.4.3). A lighter
   * shade for dark mode is derived from it; or give both, the `dark` one with that contrast to `#161920`.
   */
  readonly accentColor?: string | AccentColors
  /** Pages of the service. */
  readonly links?: BrandLinks
}

/** Pages of the service that the pages link to: https URLs, or http for loopback addresses. */
export interface BrandLinks {
  /** *Forgot password?* on the sign-in page. */
  readonly forgotPassword?: string
  /** *Create account* on the sign-in page. */
  readonly createAccount?: string
  /** *Help* at the foot of every page. */
  readonly support?: string
  /** *Privacy* at the foot of every page. */
  readonly privacy?: string
}

/** The brand as pages get it. */
export interface Brand {
  readonly name: string
  readonly logoUrl: string | undefined
  /** `undefined` for the colour of Teamcast. */
  readonly accentColors: AccentColors | undefined
  readonly links: BrandLinks
}

const DEFAULT_NAME = 'Teamcast'

/** Creates the brand of valid options. */
export function toBrand({ name = DEFAULT_NAME, logoUrl, accentColor, links }: BrandOptions): Brand {
  return Object.freeze({
    name,
    logoUrl,
    accentColors: accentColor === undefined ? undefined : deriveAccentColors(accentColor),
    links: Object.freeze({ ...links }),
  })
}

/** The brand without options. */
export const TEAMCAST_BRAND: Brand = toBrand({})

/** Whether the mark of Teamcast stands for it. */
export function hasTeamcastMark({ name, logoUrl }: Brand): boolean {
  return name === DEFAULT_NAME && logoUrl === undefined
}
