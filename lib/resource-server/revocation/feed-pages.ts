/**
 * The pages of the revocation feed.
 *
 * @module
 */

import { boolean, list, object, string } from '../../util/schema.ts'
import {
  createIssuerClient,
  type IssuerClientOptions,
  IssuerStatusError,
} from '../verify/issuer-client.ts'
import { type RevocationEntry, revocationEntry } from './revoked-entries.ts'

const PAGE_SIZE = 1000

interface FeedPage {
  readonly revocations: ReadonlyArray<RevocationEntry>
  readonly next_cursor: string
  readonly has_more: boolean
}

const feedPage = object<FeedPage>({
  revocations: list(revocationEntry),
  next_cursor: string,
  has_more: boolean,
})

/** Creates the function that reads the page after a cursor; without one, the first page. */
export function createPageReader(
  options: IssuerClientOptions,
  feedUri: URL,
  signal: AbortSignal,
): (cursor: string | undefined) => Promise<FeedPage> {
  const requestIssuer = createIssuerClient(options)

  const read = (cursor: string | undefined): Promise<FeedPage> => {
    const url = new URL(feedUri)
    url.searchParams.set('limit', String(PAGE_SIZE))
    if (cursor !== undefined) url.searchParams.set('cursor', cursor)
    return requestIssuer({ url, signal }, feedPage)
  }

  return async (cursor) => {
    try {
      return await read(cursor)
    } catch (error) {
      const isCursorRefused = error instanceof IssuerStatusError && error.status === 400
      if (!isCursorRefused || cursor === undefined) throw error
      // The issuer does not know the cursor (any more): read the feed from its beginning.
      return await read(undefined)
    }
  }
}
