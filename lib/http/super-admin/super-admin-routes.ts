/**
 * `/super-admin/oauth-clients`: the registry of clients as an HTTP API (docs/openapi.yaml).
 *
 * @module
 */

import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { AuthorizeSuperAdmin } from '../../options.ts'
import {
  SUPER_ADMIN_CLIENT_PATH,
  SUPER_ADMIN_CLIENT_SECRET_PATH,
  SUPER_ADMIN_CLIENT_SECRETS_PATH,
  SUPER_ADMIN_CLIENTS_PATH,
} from '../paths.ts'
import { type Route, type RouteTable, routeByMethod } from '../route.ts'
import { answerRefusals } from './answer-refusals.ts'
import { forSuperAdmins, type SuperAdminHandler } from './authorize.ts'
import { listClients, registerClient } from './client-collection.ts'
import { changeClient, deleteClient, readClient } from './client-resource.ts'
import { addSecret, removeSecret } from './client-secrets.ts'

/** What the routes work with. */
export interface SuperAdminDependencies {
  readonly issuer: string
  readonly clients: ClientRegistry
  readonly authorizeSuperAdmin: AuthorizeSuperAdmin
}

/** Makes the routes of the API. */
export function superAdminRoutes({
  issuer,
  clients,
  authorizeSuperAdmin,
}: SuperAdminDependencies): RouteTable {
  const route = (handlers: Readonly<Record<string, SuperAdminHandler>>): Route => {
    const guarded = Object.entries(handlers).map(([method, handler]) => [
      method,
      forSuperAdmins(authorizeSuperAdmin, answerRefusals(handler)),
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
