/**
 * Shows, changes and deletes a client.
 *
 * @module
 */

import {
  type Client,
  ClientMetadataError,
  ClientNotFoundError,
  ConflictError,
  PreconditionFailedError,
} from '@teamcast/oauth-server'
import { html } from 'ghtml'
import { changesOf, readClientForm } from './client-form.ts'
import { clientPage } from './client-page.ts'
import { renderBackLink, renderForm, renderHeading } from './parts.ts'
import { clientPath, deletionPath, LIST_PATH } from './paths.ts'
import { remarksOfConflict, remarksOfError } from './remarks.ts'
import type {
  AdminDependencies,
  AdminPage,
  AdminRequest,
  AdminResponse,
  Handle,
} from './request.ts'
import { takeFlashMessage } from './sessions.ts'

const MINUTES = new Intl.NumberFormat('en', {
  style: 'unit',
  unit: 'minute',
  unitDisplay: 'long',
})

/** Creates the page of a client. */
export function createShowClient({ clients, catalogue, now }: AdminDependencies): Handle {
  return async ({ ids: [clientId = ''], session, formToken }) => {
    const client = await requireClient(clients, clientId)
    const flashMessage = takeFlashMessage(session)
    return clientPage({ client, catalogue, now: now(), formToken, flashMessage })
  }
}

/** Creates the action that saves the changes to a client. */
export function createUpdateClient({ clients, catalogue, now }: AdminDependencies): Handle {
  return async (request) => {
    const { ids, session, formToken, by } = request
    const [clientId = ''] = ids
    const form = readClientForm(request.form)
    const expectedVersion = Number(request.form.get('version'))
    const saved = (): AdminResponse => {
      session.flashMessage = { kind: 'success', title: 'The changes are saved' }
      return { location: clientPath(clientId) }
    }
    try {
      await clients.update(clientId, changesOf(form), { expectedVersion, by })
      return saved()
    } catch (error) {
      const isConflict = error instanceof PreconditionFailedError || error instanceof ConflictError
      if (!isConflict && !(error instanceof ClientMetadataError)) throw error
      const client = await requireClient(clients, clientId)
      const remarks = isConflict ? remarksOfConflict(client, form) : remarksOfError(error, form)
      // The same changes are saved already, for example by a double click.
      if (remarks.items.length === 0) return saved()
      return clientPage({ client, catalogue, now: now(), formToken, form, remarks })
    }
  }
}

/** Creates the page that asks whether to delete a client. */
export function createConfirmDeletion({ clients }: AdminDependencies): Handle {
  return async ({ ids: [clientId = ''], formToken }) =>
    deletionPage(await requireClient(clients, clientId), formToken)
}

/** Creates the action that deletes a client. */
export function createDeleteClient({ clients }: AdminDependencies): Handle {
  return async ({ ids: [clientId = ''], session, by }: AdminRequest) => {
    const { name } = await requireClient(clients, clientId)
    await clients.delete(clientId, { by })
    session.flashMessage = { kind: 'success', title: `“${name}” is deleted` }
    return { location: LIST_PATH }
  }
}

/**
 * Finds a client.
 *
 * @throws ClientNotFoundError when there is none.
 */
export async function requireClient(
  clients: AdminDependencies['clients'],
  clientId: string,
): Promise<Client> {
  const client = await clients.find(clientId)
  if (client === undefined) throw new ClientNotFoundError(clientId)
  return client
}

function deletionPage(
  { clientId, name, accessTokenTtlSeconds }: Client,
  formToken: string,
): AdminPage {
  const minutes = Math.ceil(accessTokenTtlSeconds / 60)
  return {
    title: `Delete ${name}?`,
    content: html`!${renderBackLink()}
!${renderHeading(`Delete ${name}?`)}
<p>Its client id is <code>${clientId}</code>.</p>
<ul class="list">
<li>Everybody who connected it is disconnected, and nobody can sign in with it any more.</li>
<li>Its secrets and refresh tokens stop working at once, and introspection calls its access tokens
inactive. An API that only checks their signature accepts them until they expire, ${MINUTES.format(minutes)}
after they were issued.</li>
<li>It cannot be brought back. A new registration gets another client id, and everybody has to consent
again.</li>
</ul>
!${renderForm({
      action: deletionPath(clientId),
      formToken,
      content: html`<div class="actions"><button class="button danger">Delete client</button>
<a class="button secondary" href="${clientPath(clientId)}">Keep it</a></div>`,
    })}`,
  }
}
