/**
 * What the cases read records with.
 *
 * @module
 */

import assert from 'node:assert/strict'
import type { ClientListRequest, ClientStore } from '../client-store.ts'
import type { TokenFamily, TokenFamilyStore } from '../token-family-store.ts'

/** Finds a family on behalf of `client-1`, without the instant at which it was found. */
export async function findFamily(
  families: TokenFamilyStore,
  familyId: string,
  now: number,
): Promise<TokenFamily | undefined> {
  const found = await families.find(familyId, 'client-1', now)
  if (found === undefined) return undefined
  const { consentedScopes: _scopes, foundAtMilliseconds: _instant, ...family } = found
  return family
}

/** Lists all pages: the ids on each. `betweenPages` runs after every page but the last. */
export async function listPages(
  clients: ClientStore,
  request: ClientListRequest,
  betweenPages: () => Promise<unknown> = async () => undefined,
): Promise<ReadonlyArray<ReadonlyArray<string>>> {
  const pages: Array<ReadonlyArray<string>> = []
  let cursor: string | undefined
  do {
    const page = await clients.list(cursor === undefined ? request : { ...request, cursor })
    pages.push(page.items.map(({ clientId }) => clientId))
    cursor = page.nextCursor
    assert.ok(pages.length < 1000, 'the last page must have no nextCursor')
    if (cursor !== undefined) await betweenPages()
  } while (cursor !== undefined)
  return pages
}
