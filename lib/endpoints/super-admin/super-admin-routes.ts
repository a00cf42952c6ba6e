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
import {
  createSuperAdminGuard,
  type SuperAdminGuardDependencies,
  type SuperAdminHandler,
} from './super-admin-request.ts'

/** Dependencies of the routes. */
export interface SuperAdminDependencies extends SuperAdminGuardDependencies {
  readonly clients: ClientInputRegistry
}

/** Creates the routes of the API. */
export function superAdminRoutes(dependencies: SuperAdminDependencies): RouteTable {
  const { issuer, clients } = dependencies
  // One for all paths: an attempt on one counts on the others.
  const forSuperAdmins = createSuperAdminGuard(dependencies)
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
