import { hash, timingSafeEqual } from 'node:crypto'

/** Base64url SHA-256 of a text: 43 characters. How every identifier and secret is stored. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/**
 * Whether two texts are equal, in a time that does not tell how much of them is. It may tell the length: compare hashes
 * and MACs, whose length is known.
 */
export function equalsInConstantTime(left: string, right: string): boolean {
  const [leftBytes, rightBytes] = [Buffer.from(left), Buffer.from(right)]
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes)
}
