import { hash, timingSafeEqual } from 'node:crypto'

/** Base64url SHA-256 of a text: 43 characters. How every identifier and secret is stored. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Whether two texts are equal, in a time that does not tell how much of them is. */
export function equalsInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'))
}
