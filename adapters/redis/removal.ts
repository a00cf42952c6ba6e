const EXPIRY_MARGIN_SECONDS = 60

/**
 * When Redis removes a record: some time after it has expired. What is found is decided by the caller's
 * clock, which may be behind that of Redis.
 */
export function removalOf(expiresAt: number): number {
  return expiresAt + EXPIRY_MARGIN_SECONDS
}
