/**
 * URLs that clients registered, before they go into a page.
 *
 * @module
 */

/** The most that all origins of one page may take in its policy: proxies limit the size of headers. */
const MAXIMUM_ORIGINS_LENGTH = 2000

// The URL standard lets `*`, `,` and `;` stand in a host. In a policy they would be a wildcard, the
// end of the policy and the end of the directive. A policy cannot name an IPv6 address at all.
const PLAIN_ORIGIN = /^https:\/\/[a-z0-9._-]+(?::[0-9]+)?$/

/**
 * Tells whether a URL may stand in a link. Registration lets only https URLs through; this is the
 * second lock, because a `javascript:` URL would run on the origin of the sign-in page.
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
 * @returns `undefined` when there is no logo, or when its origin cannot be written into a policy; the
 * page shows no image then.
 */
export function findLogoOrigin(logoUrl: string | undefined): string | undefined {
  // The origin of a `blob:` URL is that of the page that made it, so the scheme counts too.
  if (logoUrl === undefined || !isHttpsUrl(logoUrl)) return undefined
  const { origin } = new URL(logoUrl)
  return PLAIN_ORIGIN.test(origin) ? origin : undefined
}

/**
 * Finds the origins of the logos of a page, each once. What would make the policy too long is left out.
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
