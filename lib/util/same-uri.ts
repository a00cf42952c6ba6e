/**
 * Whether two absolute URIs name the same resource: equal once normalised, so that `https://a.example`
 * and `https://a.example/`, which clients build from the same setting, are one.
 */
export function isSameUri(left: string, right: string): boolean {
  const [leftUrl, rightUrl] = [URL.parse(left), URL.parse(right)]
  return leftUrl !== null && leftUrl.href === rightUrl?.href
}
