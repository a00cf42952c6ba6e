/**
 * The list of clients.
 *
 * @module
 */

import { renderClientsPage } from '../../pages/super-admin/clients-page.ts'
import type { ClientFilters } from '../../pages/super-admin/views.ts'
import { CLIENT_AUDIENCES, CLIENT_TYPES } from '../../storage/client.ts'
import type { PageHandler, SuperAdminPagesDependencies } from './page-request.ts'

const PAGE_SIZE = 20
const MAXIMUM_TEXT_LENGTH = 255
const CURSOR = /^[\x21-\x7E]{1,500}$/

/** Creates the page. */
export function showClients({ clients }: SuperAdminPagesDependencies): PageHandler {
  return async ({ ctx, context, send }) => {
    const query = new URLSearchParams(ctx.querystring)
    const filters = filtersOf(query)
    const cursor = query.get('cursor') ?? ''
    const isContinued = CURSOR.test(cursor)
    const list = { limit: PAGE_SIZE, ...(isContinued ? { cursor } : {}), ...filters }
    const { items, nextCursor } = await clients.list(list)
    send(200, renderClientsPage({ ...context, clients: items, filters, isContinued, nextCursor }))
  }
}

/** Reads the filters of a query. Ignores empty and unknown values. */
function filtersOf(query: URLSearchParams): ClientFilters {
  // No client has control characters, and not every store can search for them.
  const textOf = (name: string): string | undefined =>
    query
      .get(name)
      ?.replaceAll(/\p{Cc}/gu, '')
      .trim()
      .slice(0, MAXIMUM_TEXT_LENGTH) || undefined
  const oneOf = <Value extends string>(name: string, values: ReadonlyArray<Value>) =>
    values.find((value) => value === query.get(name))
  const filters = {
    name: textOf('name'),
    clientType: oneOf('clientType', CLIENT_TYPES),
    audience: oneOf('audience', CLIENT_AUDIENCES),
    tenantId: textOf('tenantId'),
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}
