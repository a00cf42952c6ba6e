/**
 * `/account/connections`: users list the clients they connected and disconnect them. As an HTML page, and
 * as JSON for pages of the host.
 *
 * @module
 */

import type { Context } from 'koa'
import { type ErrorFormat, type RouteTable, routeByMethod } from '../../http/route.ts'
import { deleteConnection, sendConnections } from './connections-json.ts'
import { type AccountDependencies, CONNECTIONS_PATH } from './current-user.ts'
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
    [`${CONNECTIONS_PATH}/:clientId`, item],
  ]
}

/** Forms come from the page. Other requests get the page unless they prefer JSON. */
function errorFormatOf(ctx: Context): ErrorFormat {
  if (ctx.method === 'POST') return 'html'
  const preferred = ctx.accepts('html', 'json', 'application/problem+json')
  return preferred === 'html' || preferred === false ? 'html' : 'problem'
}
