/**
 * `/account/connections`: signed-in users see which clients they connected, and disconnect them. A page
 * for people, and the same as JSON for pages of the host's own.
 *
 * @module
 */

import type { Context } from 'koa'
import { CONNECTION_PATH, CONNECTIONS_PATH } from '../../http/paths.ts'
import { type ErrorFormat, type RouteTable, routeByMethod } from '../../http/route.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { deleteConnection, sendConnections } from './connections-json.ts'
import { handleSubmission } from './handle-submission.ts'
import { showConnections } from './show-connections.ts'

/** Creates the routes. */
export function connectionsRoutes(dependencies: AccountDependencies): RouteTable {
  const collection = routeByMethod(errorFormatOf, {
    async GET(ctx) {
      ctx.vary('Accept')
      if (errorFormatOf(ctx) === 'html') await showConnections(dependencies, ctx)
      else await sendConnections(dependencies, ctx)
    },
    POST: (ctx) => handleSubmission(dependencies, ctx),
  })
  const item = routeByMethod('problem', {
    DELETE: (ctx, { clientId = '' }) => deleteConnection(dependencies, ctx, clientId),
  })
  return [
    [CONNECTIONS_PATH, collection],
    [CONNECTION_PATH, item],
  ]
}

/** The form is sent by the page; otherwise a page is what whoever asks for nothing better gets. */
function errorFormatOf(ctx: Context): ErrorFormat {
  if (ctx.method === 'POST') return 'html'
  const preferred = ctx.accepts('html', 'json', 'application/problem+json')
  return preferred === 'html' || preferred === false ? 'html' : 'problem'
}
