/**
 * The accent colour of a brand, and whether everybody can read what has it.
 *
 * It is the colour of texts on the surface of a page, and the background of texts: white ones in light mode, dark
 * ones in dark mode.
 *
 * @module
 */

/** Colours as `#rrggbb`. */
export interface AccentColors {
  readonly light: string
  readonly dark: string
}

/** The surfaces of the pages (styles.ts), which are also the colours of the text on the accent colour. */
const SURFACES: AccentColors = { light: '#ffffff', dark: '#161920' }

/** WCAG 2.2 §1.4.3, level AA. */
const MINIMUM_CONTRAST = 4.5

const COLOR = /^#[0-9a-f]{6}$/i

/** Whether a text is a colour as `#rrggbb`. */
export function isColor(text: string): boolean {
  return COLOR.test(text)
}

/** Finds what is wrong with the contrast of a colour. */
export function validateContrast(color: string, scheme: keyof AccentColors): string | undefined {
  const contrast = contrastOf(color, SURFACES[scheme])
  if (contrast >= MINIMUM_CONTRAST) return undefined
  const direction = scheme === 'light' ? 'darker' : 'lighter'
  // Rounded down: 4.49 must not be called 4.5.
  const rounded = Math.floor(contrast * 10) / 10
  return `must be ${direction}: its contrast to ${SURFACES[scheme]} is ${rounded}, and WCAG AA requires ${MINIMUM_CONTRAST}`
}

/** The colours of a brand. One for dark mode is mixed with white until it has the contrast. */
export function deriveAccentColors(given: string | AccentColors): AccentColors {
  if (typeof given !== 'string') return given
  let dark = given
  for (let percent = 5; validateContrast(dark, 'dark') !== undefined; percent += 5) {
    dark = mix(given, '#ffffff', percent)
  }
  return { light: given, dark }
}

/** The rules of a stylesheet that set the colours. */
export function renderAccentStyles({ light, dark }: AccentColors): string {
  return `:root { ${rulesOf('light', light)} }
@media (prefers-color-scheme: dark) { :root { ${rulesOf('dark', dark)} } }
`
}

function rulesOf(scheme: keyof AccentColors, color: string): string {
  const surface = SURFACES[scheme]
  // Away from the surface, so that the contrast only grows.
  const strong = mix(color, scheme === 'light' ? '#000000' : '#ffffff', 20)
  return `--accent: ${color}; --accent-strong: ${strong}; --accent-soft: ${mix(surface, color, 12)}; --on-accent: ${surface}; --on-accent-soft: var(--text);`
}

/** The contrast ratio of two colours (WCAG 2.2), 1 to 21. */
export function contrastOf(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(color).map((channel) => {
    const value = channel / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Mixes a colour with some percent of another. */
function mix(color: string, other: string, percent: number): string {
  const others = channelsOf(other)
  const channels = channelsOf(color).map((channel, index) => {
    const mixed = channel + (((others[index] ?? 0) - channel) * percent) / 100
    return Math.round(mixed).toString(16).padStart(2, '0')
  })
  return `#${channels.join('')}`
}

function channelsOf(color: string): ReadonlyArray<number> {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16))
}
