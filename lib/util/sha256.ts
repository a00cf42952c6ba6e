import { createHash, timingSafeEqual } from 'node:crypto'

/** Base64url SHA-256 of a text: 43 characters. How every identifier and secret is stored. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Whether two texts are equal, in a time that does not tell how much of them is. */
export function equalsInConstantTime(left: string, right: string): boolean {
  const leftHash = createHash('sha256').update(left).digest()
  const rightHash = createHash('sha256').update(right).digest()
  return timingSafeEqual(leftHash, rightHash)
}
