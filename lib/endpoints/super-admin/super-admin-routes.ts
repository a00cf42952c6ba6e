/**
 * `/super-admin/oauth-clients`: the client registry as an HTTP API (docs/openapi.yaml).
 *
 * @module
 */

import type { ClientInputRegistry } from '../../clients/client-registry.ts'
import {
  SUPER_ADMIN_CLIENT_PATH,
  SUPER_ADMIN_CLIENT_SECRET_PATH,
  SUPER_ADMIN_CLIENT_SECRETS_PATH,
  SUPER_ADMIN_CLIENTS_PATH,
} from '../../http/paths.ts'
import { type Route, type RouteTable, routeByMethod } from '../../http/route.ts'
import { listClients, registerClient } from './client-collection.ts'
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
  return [
    [
      SUPER_ADMIN_CLIENTS_PATH,
      route({ GET: listClients(clients), POST: registerClient(clients, issuer) }),
    ],
    [
      SUPER_ADMIN_CLIENT_PATH,
      route({
        GET: readClient(clients),
        PATCH: changeClient(clients),
        DELETE: deleteClient(clients),
      }),
    ],
    [SUPER_ADMIN_CLIENT_SECRETS_PATH, route({ POST: addSecret(clients) })],
    [SUPER_ADMIN_CLIENT_SECRET_PATH, route({ DELETE: removeSecret(clients) })],
  ]
}
