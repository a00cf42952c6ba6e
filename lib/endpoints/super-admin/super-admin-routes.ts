/**
 * `/super-admin/oauth-clients`: the client registry as an HTTP API (docs/openapi.yaml).
 *
 * @module
 */

import type { ClientInputRegistry } from '../../clients/client-registry.ts'
import { type Route, type RouteTable, routeByMethod } from '../../http/route.ts'
import { CLIENTS_PATH, listClients, registerClient } from './client-collection.ts'
import { changeClient, deleteClient, readClient } from './client-resource.ts'
import { addSecret, removeSecret } from './client-secrets.ts'
import type { DecideSuperAdminAccess } from './super-admin-access.ts'
import { createSuperAdminGuard, type SuperAdminHandler } from './super-admin-request.ts'

/** Dependencies of the routes. */
export interface SuperAdminDependencies {
  readonly issuer: string
  readonly decideAccess: DecideSuperAdminAccess
  readonly clients: ClientInputRegistry
}

/** Creates the routes of the API. */
export function superAdminRoutes({
  issuer,
  decideAccess,
  clients,
}: SuperAdminDependencies): RouteTable {
  const forSuperAdmins = createSuperAdminGuard(decideAccess)
  const route = (handlers: Readonly<Record<string, SuperAdminHandler>>): Route => {
    const guarded = Object.entries(handlers).map(([method, handler]) => [
      method,
      forSuperAdmins(handler),
    ])
    return routeByMethod('problem', Object.fromEntries(guarded))
  }
  const clientPath = `${CLIENTS_PATH}/:clientId`
  return [
    [CLIENTS_PATH, route({ GET: listClients(clients), POST: registerClient(clients, issuer) })],
    [
      clientPath,
      route({
        GET: readClient(clients),
        PATCH: changeClient(clients),
        DELETE: deleteClient(clients),
      }),
    ],
    [`${clientPath}/secrets`, route({ POST: addSecret(clients) })],
    [`${clientPath}/secrets/:secretId`, route({ DELETE: removeSecret(clients) })],
  ]
}
