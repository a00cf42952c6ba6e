import type { TokenFamily, TokenFamilyStore } from '../token-family-store.ts'

/** Finds a family on behalf of `client-1`, without the instant at which it was found. */
export async function findFamily(
  families: TokenFamilyStore,
  familyId: string,
  now: number,
): Promise<TokenFamily | undefined> {
  const found = await families.find(familyId, 'client-1', now)
  if (found === undefined) return undefined
  const { foundAtMilliseconds: _instant, ...family } = found
  return family
}
