/**
 * The list of clients, with filters.
 *
 * @module
 */

import { html } from 'ghtml'
import type { Client } from '../../storage/client.ts'
import { fillText } from '../../util/placeholders.ts'
import { renderClientTile } from '../client-header.ts'
import { ageOf } from '../dates.ts'
import { fill } from '../languages/messages.ts'
import type { HtmlPage } from '../pages.ts'
import { audienceOptions, clientTypeOptions } from './client-fields.ts'
import { type FieldOption, renderSelect, renderTextField } from './fields.ts'
import {
  renderLinkButton,
  renderQuoted,
  renderSubmitButton,
  renderSuperAdminDocument,
} from './parts.ts'
import type { ClientFilters, ClientsView } from './views.ts'

/** Renders the list. */
export function renderClientsPage(view: ClientsView): HtmlPage {
  const { clients, filters, isContinued, language, urls } = view
  const isEmpty = clients.length === 0
  const messages = language.superAdminMessages
  const list = clients.map((client) => renderClient(client, view))
  return renderSuperAdminDocument(view, {
    title: messages.clients,
    hasWayBack: false,
    content: html`<div class="title-row"><h1>${messages.clients}</h1>
!${renderLinkButton('primary', urls.newClient, messages.registerClient)}</div>
!${isEmpty && !isContinued && !isFiltered(filters) ? '' : renderFilters(view)}
!${isEmpty ? renderEmpty(view) : html`<ul class="clients" role="list">!${list}</ul>`}
!${renderPaging(view)}`,
  })
}

function renderClient(client: Client, { language, urls, now }: ClientsView): string {
  const messages = language.superAdminMessages
  const { clientId, name, clientType, audience, tenantId, createdAt } = client
  const whose =
    audience === 'PLATFORM'
      ? html`${messages.ofPlatform}`
      : fill(messages.ofTenant, { tenant: html`<bdi>${tenantId ?? ''}</bdi>` })
  const age = fillText(messages.registeredAgo, { age: ageOf(createdAt, now, language) })
  return html`<li>
!${renderClientTile({ name, logoUrl: undefined })}
<div class="identity">
<a class="client-link" href="${urls.client(clientId)}"><bdi>${name}</bdi></a>
<code dir="ltr">${clientId}</code>
<span class="notice">${messages.clientTypes[clientType].label} · !${whose} · ${age}</span>
</div>
</li>`
}

function renderFilters({ filters, language, urls }: ClientsView): string {
  const messages = language.superAdminMessages
  const { name, ...more } = filters
  const isOpen = Object.keys(more).length > 0
  const any: FieldOption = { value: '', label: messages.any }
  const { clientType, audience, tenantId } = messages.fields
  return html`<form class="filters" action="${urls.list}" role="search" aria-label="${messages.clients}">
<div class="search">
!${renderTextField({ name: 'name', label: messages.nameContains, value: name ?? '' })}
!${renderSubmitButton('secondary', messages.search)}
</div>
<details!${isOpen ? ' open' : ''}><summary>${messages.moreFilters}</summary>
<div class="columns">
!${renderSelect({ name: 'clientType', label: clientType.label, options: [any, ...clientTypeOptions(messages)], chosen: [more.clientType ?? ''] })}
!${renderSelect({ name: 'audience', label: audience.label, options: [any, ...audienceOptions(messages)], chosen: [more.audience ?? ''] })}
!${renderTextField({ name: 'tenantId', label: tenantId.label, value: more.tenantId ?? '' })}
</div>
<div class="actions">!${renderSubmitButton('secondary', messages.applyFilters)}</div>
</details>
</form>
!${isFiltered(filters) ? html`<p><a href="${urls.list}">${messages.showAllClients}</a></p>` : ''}`
}

function isFiltered(filters: ClientFilters): boolean {
  return Object.keys(filters).length > 0
}

function renderEmpty({ filters, isContinued, language }: ClientsView): string {
  const messages = language.superAdminMessages
  if (isContinued) return html`<div class="empty"><p>${messages.noMoreClients}</p></div>`
  if (!isFiltered(filters)) {
    return html`<div class="empty"><p>${messages.noClients}</p><p class="notice">${messages.noClientsHint}</p></div>`
  }
  const { name } = filters
  const sentence =
    name === undefined
      ? html`${messages.noMatchOfFilters}`
      : fill(messages.noMatch, { name: renderQuoted(name, language) })
  return html`<div class="empty"><p>!${sentence}</p></div>`
}

function renderPaging({ filters, isContinued, nextCursor, language, urls }: ClientsView): string {
  const messages = language.superAdminMessages
  const linkTo = (label: string, parameters: Readonly<Record<string, string>>): string => {
    const query = new URLSearchParams({ ...filters, ...parameters }).toString()
    return renderLinkButton('secondary', urls.list + (query === '' ? '' : `?${query}`), label)
  }
  if (!isContinued && nextCursor === undefined) return ''
  return html`<nav class="actions" aria-label="${messages.pages}">
!${isContinued ? linkTo(messages.firstPage, {}) : ''}
!${nextCursor === undefined ? '' : linkTo(messages.nextPage, { cursor: nextCursor })}
</nav>`
}
