/**
 * The routes of the SuperAdmin pages.
 *
 * @module
 */

import {
  createConfirmDeletion,
  createDeleteClient,
  createShowClient,
  createUpdateClient,
} from './change-client.ts'
import {
  createAddSecret,
  createConfirmRemoval,
  createRemoveSecret,
  createShowSecret,
} from './client-secrets.ts'
import { createListClients } from './list-clients.ts'
import {
  CLIENTS_PATH,
  clientPath,
  deletionPath,
  LIST_PATH,
  NEW_CLIENT_PATH,
  removalPath,
  secretPath,
  secretsPath,
} from './paths.ts'
import { createNewClient, createRegisterClient } from './register-client.ts'
import type { AdminDependencies, Handle } from './request.ts'

/** A page or an action. */
export interface Route {
  readonly method: string
  readonly handle: Handle
  /** The ids in the path. */
  readonly ids: ReadonlyArray<string>
}

/** Creates the function that finds the routes of a path: one for each method. */
export function createRoutes(dependencies: AdminDependencies): (path: string) => Array<Route> {
  const [client, secret] = ['(tc_\\w{1,100})', '([\\w-]{1,100})']
  const table: ReadonlyArray<[method: string, path: string, handle: Handle]> = [
    ['GET', LIST_PATH, createListClients(dependencies)],
    ['GET', NEW_CLIENT_PATH, createNewClient(dependencies)],
    ['POST', CLIENTS_PATH, createRegisterClient(dependencies)],
    ['GET', clientPath(client), createShowClient(dependencies)],
    ['POST', clientPath(client), createUpdateClient(dependencies)],
    ['GET', deletionPath(client), createConfirmDeletion(dependencies)],
    ['POST', deletionPath(client), createDeleteClient(dependencies)],
    ['POST', secretsPath(client), createAddSecret(dependencies)],
    ['GET', secretPath(client, secret), createShowSecret(dependencies)],
    ['GET', removalPath(client, secret), createConfirmRemoval(dependencies)],
    ['POST', removalPath(client, secret), createRemoveSecret(dependencies)],
  ]
  const routes = table.map(([method, path, handle]) => ({
    ...{ method, handle },
    pattern: new RegExp(`^${path}$`),
  }))
  return (path) =>
    routes.flatMap(({ method, pattern, handle }) => {
      const [match, ...ids] = pattern.exec(path) ?? []
      return match === undefined ? [] : [{ method, handle, ids }]
    })
}
