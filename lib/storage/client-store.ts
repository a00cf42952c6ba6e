import { type ClientAudience, type ClientRecord, type ClientType, clientShape } from './client.ts'
import * as shape from './result-shape.ts'

/** Registered clients. */
export interface ClientStore {
  /** Adds a client. @returns `false` when its `clientId` is taken; nothing is changed then. */
  insert(client: ClientRecord): Promise<boolean>

  /** Finds a client by its `clientId`. */
  find(clientId: string): Promise<ClientRecord | undefined>

  /** Whether a client exists, without reading its record. */
  has(clientId: string): Promise<boolean>

  /**
   * Lists clients, newest `createdAt` first. Clients of the same instant are in an order of the store's
   * own.
   *
   * Paging is stable: a client that exists from the first page to the last is listed exactly once,
   * whatever is inserted, updated or deleted meanwhile. An unknown cursor is not an error: its page is empty
   * and the last.
   */
  list(request: ClientListRequest): Promise<Page<ClientRecord>>

  /**
   * Replaces a client if it is still at `expectedVersion`. The caller leaves `createdAt`, `audience`,
   * `tenantId` and `clientType` as they are. The version may stay the same: see {@link ClientRecord}.
   *
   * @returns `false` when the client does not exist or is at another version; nothing is changed then.
   */
  update(client: ClientRecord, expectedVersion: number): Promise<boolean>

  /**
   * Deletes a client and revokes its token families, in one step of constant cost: see
   * {@link TokenFamilyStore.find}. Its id is never used again.
   *
   * @param expectedVersion Deletes the client only at this version.
   *
   * @returns `false` when it does not exist or is at another version; nothing is changed then.
   */
  delete(clientId: string, expectedVersion?: number): Promise<boolean>
}

/** Which clients to list. An absent filter matches every client. */
export interface ClientListRequest extends PageRequest {
  readonly audience?: ClientAudience
  readonly tenantId?: string
  readonly clientType?: ClientType
  /** A part of the name: any text. Both are compared after {@link searchableText}. */
  readonly nameContains?: string
}

/** Whether a client passes all filters but that of the name. */
export function passesFilters(
  client: ClientRecord,
  { audience, tenantId, clientType }: ClientListRequest,
): boolean {
  return (
    (audience === undefined || client.audience === audience) &&
    (tenantId === undefined || client.tenantId === tenantId) &&
    (clientType === undefined || client.clientType === clientType)
  )
}

/** Normalizes a text for a search that ignores case. */
export function searchableText(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Which page of a list to return. */
export interface PageRequest {
  /** The most items to return, 1 to 100. */
  readonly limit: number
  /** `nextCursor` of the page before; absent for the first page. */
  readonly cursor?: string
}

/** One page of a list. */
export interface Page<Item> {
  /** The items, at most `limit`. */
  readonly items: ReadonlyArray<Item>
  /** Opaque; names the next page. `undefined` on the last page. */
  readonly nextCursor: string | undefined
}

/** What the methods may resolve to. */
export const CLIENT_RESULTS: shape.ResultShapes<ClientStore> = {
  insert: shape.BOOLEAN,
  find: shape.orUndefined(
    'a ClientRecord',
    clientShape,
    (found: ClientRecord, clientId: string) => found.clientId === clientId,
  ),
  has: shape.BOOLEAN,
  list: {
    words: 'a Page of ClientRecords',
    shape: shape.record<Page<ClientRecord>>({
      items: shape.arrayOf(clientShape),
      nextCursor: shape.optional(shape.string),
    }),
  },
  update: shape.BOOLEAN,
  delete: shape.BOOLEAN,
}
