import assert from 'node:assert/strict'
import type { ClientListRequest, ClientStore } from '../client-store.ts'

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
