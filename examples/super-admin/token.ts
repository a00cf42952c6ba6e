import { createHash, timingSafeEqual } from 'node:crypto'

/** Creates the check of the SuperAdmin's token. It takes as long for a wrong one as for the right one. */
export function createTokenCheck(superAdminToken: string): (token: string) => boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = hash(superAdminToken)
  return (token) => timingSafeEqual(hash(token), expected)
}
