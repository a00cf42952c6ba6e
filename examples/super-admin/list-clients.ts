/**
 * The list of clients, with filters.
 *
 * @module
 */

import type { Client } from '@teamcast/oauth-server'
import { html } from 'ghtml'
import { renderFlashMessage } from '../flash-message.ts'
import { AUDIENCES, CLIENT_TYPES, labelOf, type Option } from './field-texts.ts'
import { renderSelect, renderTextField } from './fields.ts'
import { clientPath, LIST_PATH, NEW_CLIENT_PATH } from './paths.ts'
import type { AdminDependencies, Handle } from './request.ts'
import { takeFlashMessage } from './sessions.ts'
import { ageOf } from './times.ts'

const PAGE_SIZE = 20

/** Creates the list. */
export function createListClients({ clients, now }: AdminDependencies): Handle {
  return async ({ query, session }) => {
    const filters = filtersOf(query)
    const cursor = query.get('cursor') || undefined
    const { items, nextCursor } = await clients.list({
      limit: PAGE_SIZE,
      ...(cursor === undefined ? {} : { cursor }),
      ...filters,
    })
    const list = items.map((client) => renderClient(client, now()))
    return {
      title: 'Clients',
      content: html`!${renderFlashMessage(takeFlashMessage(session))}
<div class="title-row"><h1>Clients</h1>
<a class="button primary" href="${NEW_CLIENT_PATH}">Register a client</a></div>
!${renderFilters(filters)}
!${items.length === 0 ? renderEmpty(filters, cursor) : html`<ul class="clients" role="list">!${list}</ul>`}
!${renderPaging(filters, cursor, nextCursor)}`,
    }
  }
}

interface Filters {
  readonly name?: string
  readonly clientType?: Client['clientType']
  readonly audience?: Client['audience']
  readonly tenantId?: string
}

/** Reads the filters of a query. Ignores empty and unknown values. */
function filtersOf(query: URLSearchParams): Filters {
  // No client has control characters, and not every store can search for them.
  const textOf = (name: string): string | undefined =>
    query
      .get(name)
      ?.replaceAll(/\p{Cc}/gu, '')
      .trim() || undefined
  const optionOf = (name: string, options: ReadonlyArray<Option>): string | undefined =>
    options.find(({ value }) => value === query.get(name))?.value
  const filters = {
    name: textOf('name'),
    clientType: optionOf('clientType', CLIENT_TYPES),
    audience: optionOf('audience', AUDIENCES),
    tenantId: textOf('tenantId'),
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}

function renderClient(client: Client, now: number): string {
  const { clientId, name, clientType, audience, tenantId, createdAt } = client
  const whose = audience === 'PLATFORM' ? 'Platform' : html`Tenant <bdi>${tenantId ?? ''}</bdi>`
  return html`<li>
<a href="${clientPath(clientId)}"><bdi>${name}</bdi></a>
<code>${clientId}</code>
<span class="muted">${labelOf(CLIENT_TYPES, clientType)} · !${whose} · registered ${ageOf(createdAt, now)}</span>
</li>`
}

function renderFilters(filters: Filters): string {
  const { name, ...more } = filters
  const isOpen = Object.keys(more).length > 0
  const any: Option = { value: '', label: 'Any' }
  return html`<form class="filters" action="${LIST_PATH}" role="search" aria-label="Clients">
<div class="search">
!${renderTextField({ name: 'name', label: 'Name contains', value: name ?? '', attributes: 'autocomplete="off"' })}
<button class="button secondary">Search</button>
</div>
<details${isOpen ? ' open' : ''}><summary>More filters</summary>
<div class="columns">
!${renderSelect({ name: 'clientType', label: 'Client type', options: [any, ...CLIENT_TYPES], chosen: [more.clientType ?? ''] })}
!${renderSelect({ name: 'audience', label: 'Client audience', options: [any, ...AUDIENCES], chosen: [more.audience ?? ''] })}
!${renderTextField({ name: 'tenantId', label: 'Tenant', value: more.tenantId ?? '', attributes: 'autocomplete="off"' })}
</div>
<div class="actions"><button class="button secondary">Apply the filters</button></div>
</details>
</form>
!${isFiltered(filters) ? html`<p><a href="${LIST_PATH}">Show all clients</a></p>` : ''}`
}

function isFiltered(filters: Filters): boolean {
  return Object.keys(filters).length > 0
}

function renderEmpty(filters: Filters, cursor: string | undefined): string {
  if (cursor !== undefined) return html`<p class="empty">There are no more clients.</p>`
  if (isFiltered(filters)) {
    const { name } = filters
    const what = name === undefined ? 'these filters' : html`“<bdi>${name}</bdi>”`
    return html`<p class="empty">No clients match !${what}.</p>`
  }
  return html`<p class="empty">No client is registered yet. Register the first one, and give its client id
and secret to the partner.</p>`
}

function renderPaging(
  filters: Filters,
  cursor: string | undefined,
  nextCursor: string | undefined,
): string {
  const linkTo = (label: string, parameters: Readonly<Record<string, string>>): string => {
    const query = new URLSearchParams({ ...filters, ...parameters }).toString()
    return html`<a class="button secondary" href="${LIST_PATH}${query === '' ? '' : `?${query}`}">${label}</a>`
  }
  if (cursor === undefined && nextCursor === undefined) return ''
  return html`<nav class="actions" aria-label="Pages">
!${cursor === undefined ? '' : linkTo('First page', {})}
!${nextCursor === undefined ? '' : linkTo('Next page', { cursor: nextCursor })}
</nav>`
}
