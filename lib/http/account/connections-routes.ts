/**
 * `/account/connections`: signed-in users see which clients they connected, and disconnect them. A page
 * for people, and the same as JSON for pages of the host's own.
 *
 * @module
 */

import type { Context } from 'koa'
import { CONNECTION_PATH, CONNECTIONS_PATH } from '../paths.ts'
import { type Audience, type RouteTable, routeByMethod } from '../route.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { deleteConnection, sendConnections } from './connections-json.ts'
import { showConnections } from './show-connections.ts'
import { takeAccountForm } from './take-account-form.ts'

/** Makes the routes. */
export function connectionsRoutes(dependencies: AccountDependencies): RouteTable {
  const collection = routeByMethod(audienceOf, {
    async GET(ctx) {
      ctx.vary('Accept')
      if (audienceOf(ctx) === 'people') await showConnections(dependencies, ctx)
      else await sendConnections(dependencies, ctx)
    },
    POST: (ctx) => takeAccountForm(dependencies, ctx),
  })
  const item = routeByMethod('tools', {
    DELETE: (ctx, { clientId = '' }) => deleteConnection(dependencies, ctx, clientId),
  })
  return [
    [CONNECTIONS_PATH, collection],
    [CONNECTION_PATH, item],
  ]
}

/** The form is sent by the page; otherwise a page is what whoever asks for nothing better gets. */
function audienceOf(ctx: Context): Audience {
  if (ctx.method === 'POST') return 'people'
  const preferred = ctx.accepts('html', 'json', 'application/problem+json')
  return preferred === 'html' || preferred === false ? 'people' : 'tools'
}
