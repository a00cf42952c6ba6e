/**
 * Shows, changes and deletes a client.
 *
 * @module
 */

import { requireClient } from '../../clients/require-client.ts'
import {
  ClientMetadataError,
  ClientNotFoundError,
  ConflictError,
  PreconditionFailedError,
} from '../../errors.ts'
import { differences, formOf } from '../../pages/super-admin/client-form.ts'
import { renderDeletionPage } from '../../pages/super-admin/question-pages.ts'
import { clientPage } from './client-page-data.ts'
import type { PageHandler, SuperAdminPagesDependencies } from './page-request.ts'
import { changesOf, readClientForm } from './submitted-client.ts'

/** Creates the page of a client. */
export function showClient(dependencies: SuperAdminPagesDependencies): PageHandler {
  return async ({ parameters: { clientId = '' }, context, send }) => {
    const client = await requireClient(dependencies.clients, clientId)
    send(200, clientPage(dependencies, context, client))
  }
}

/** Creates the action that saves the changes to a client. */
export function changeClient(dependencies: SuperAdminPagesDependencies): PageHandler {
  const { clients } = dependencies
  return async ({ parameters: { clientId = '' }, context, by, form: sent, send, redirectTo }) => {
    const url = context.urls.client(clientId)
    const form = readClientForm(sent)
    // NaN is nobody's version.
    const expectedVersion = Number(sent.get('version') ?? Number.NaN)
    try {
      await clients.update(clientId, changesOf(form), { expectedVersion, by })
      redirectTo(url, 'saved')
    } catch (error) {
      if (error instanceof ClientMetadataError) {
        const client = await requireClient(clients, clientId)
        const rejection = { kind: 'invalid', issues: error.issues } as const
        send(422, clientPage(dependencies, context, client, { rejection, form }))
        return
      }
      const isConflict = error instanceof PreconditionFailedError || error instanceof ConflictError
      if (!isConflict) throw error
      const client = await requireClient(clients, clientId)
      const rejected = { rejection: { kind: 'conflict' }, form } as const
      // The same changes are saved already, for example by a double click.
      if (differences(formOf(client), form).length === 0) redirectTo(url, 'saved')
      else send(409, clientPage(dependencies, context, client, rejected))
    }
  }
}

/** Creates the page that asks whether to delete a client. */
export function askToDeleteClient({ clients }: SuperAdminPagesDependencies): PageHandler {
  return async ({ parameters: { clientId = '' }, context, send }) => {
    const client = await requireClient(clients, clientId)
    send(200, renderDeletionPage({ ...context, client }))
  }
}

/** Creates the action that deletes a client. */
export function deleteClient({ clients }: SuperAdminPagesDependencies): PageHandler {
  return async ({ parameters: { clientId = '' }, context, by, redirectTo }) => {
    const client = await clients.find(clientId)
    try {
      // Without a client, too: it does what is left of a deletion that was interrupted.
      await clients.delete(clientId, { by })
    } catch (error) {
      // Deleted already, for example by a double click.
      if (!(error instanceof ClientNotFoundError)) throw error
    }
    redirectTo(context.urls.list, 'deleted', client?.name ?? clientId)
  }
}
