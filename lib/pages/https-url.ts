/**
 * Checks of client URLs before they are rendered.
 *
 * @module
 */

/** The longest list of origins in a policy: proxies limit the size of headers. */
const MAXIMUM_ORIGINS_LENGTH = 2000

// The URL standard allows `*`, `,` and `;` in a host. In a policy they are a wildcard and separators. A
// policy cannot contain an IPv6 address.
const PLAIN_ORIGIN = /^https:\/\/[a-z0-9._-]+(?::[0-9]+)?$/

/**
 * Whether a URL may be used in a link. Registration already requires https; this is defence in depth, because
 * a `javascript:` URL would run on the origin of the sign-in page.
 *
 * @param url A client's URL.
 */
export function isHttpsUrl(url: string): boolean {
  return URL.parse(url)?.protocol === 'https:'
}

/**
 * Finds the origin of a logo, for the `img-src` directive.
 *
 * @param logoUrl A client's logo.
 *
 * @returns `undefined` without a logo, or when a policy cannot contain its origin; the page shows no image
 * then.
 */
export function findLogoOrigin(logoUrl: string | undefined): string | undefined {
  // The scheme matters too: the origin of a `blob:` URL is that of its creator.
  if (logoUrl === undefined || !isHttpsUrl(logoUrl)) return undefined
  const { origin } = new URL(logoUrl)
  return PLAIN_ORIGIN.test(origin) ? origin : undefined
}

/**
 * Finds the origins of the logos of a page, without repetitions. Omits origins that would make the policy too
 * long.
 *
 * @param logoUrls The logos of clients.
 */
export function findLogoOrigins(
  logoUrls: ReadonlyArray<string | undefined>,
): ReadonlyArray<string> {
  const origins = new Set(logoUrls.map(findLogoOrigin).filter((origin) => origin !== undefined))
  let room = MAXIMUM_ORIGINS_LENGTH
  return [...origins].filter((origin) => {
    room -= origin.length
    return room >= 0
  })
}
