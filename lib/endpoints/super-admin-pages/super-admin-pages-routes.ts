/**
 * `/super-admin`: pages to register, list, change and delete clients and their secrets. They use the same registry and
 * ask the same hook as the API at `/super-admin/oauth-clients`.
 *
 * @module
 */

import { redirectAfterGet } from '../../http/responses.ts'
import { type RouteTable, routeByMethod } from '../../http/route.ts'
import { createSuperAdminUrls } from '../../pages/super-admin/urls.ts'
import { askToDeleteClient, changeClient, deleteClient, showClient } from './change-client.ts'
import { addSecret, askToRemoveSecret, removeSecret, showSecret } from './client-secrets.ts'
import { showClients } from './list-clients.ts'
import { createPageGuard, type SuperAdminPagesDependencies } from './page-request.ts'
import { registerClient, showRegistration } from './register-client.ts'

/** Creates the routes of the pages. */
export function superAdminPagesRoutes(dependencies: SuperAdminPagesDependencies): RouteTable {
  const urls = createSuperAdminUrls(dependencies.issuer)
  const paths = createSuperAdminUrls('')
  const [client, secret] = [':clientId', ':secretId'] as const
  const { show, submit } = createPageGuard(dependencies, urls)
  return [
    [paths.list, routeByMethod('html', { GET: show(showClients(dependencies)) })],
    [
      paths.newClient,
      routeByMethod('html', {
        GET: show(showRegistration(dependencies)),
        POST: submit(registerClient(dependencies)),
      }),
    ],
    [
      paths.client(client),
      routeByMethod('html', {
        GET: show(showClient(dependencies)),
        POST: submit(changeClient(dependencies)),
      }),
    ],
    [
      paths.deletion(client),
      routeByMethod('html', {
        GET: show(askToDeleteClient(dependencies)),
        POST: submit(deleteClient(dependencies)),
      }),
    ],
    [
      paths.secrets(client),
      routeByMethod('html', {
        // A reload of a rejected form.
        GET: (ctx, { clientId = '' }) => redirectAfterGet(ctx, urls.client(clientId)),
        POST: submit(addSecret(dependencies)),
      }),
    ],
    [
      paths.secret(client, secret),
      // Without HEAD, which would take the secret and show nothing.
      { methods: ['GET'], errorFormat: 'html', handle: show(showSecret(dependencies)) },
    ],
    [
      paths.removal(client, secret),
      routeByMethod('html', {
        GET: show(askToRemoveSecret(dependencies)),
        POST: submit(removeSecret(dependencies)),
      }),
    ],
  ]
}
