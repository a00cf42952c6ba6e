/**
 * Registers a client.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { ClientMetadataError } from '@teamcast/oauth-server'
import { html } from 'ghtml'
import { renderClientFields } from './client-fields.ts'
import { type ClientForm, EMPTY_FORM, newClientOf, readClientForm } from './client-form.ts'
import { renderBackLink, renderForm, renderSummary } from './parts.ts'
import { CLIENTS_PATH, clientPath, LIST_PATH, secretPath } from './paths.ts'
import { type Remarks, remarksOfError } from './remarks.ts'
import type { AdminDependencies, AdminPage, AdminRequest, Handle } from './request.ts'
import { keepUnseenSecret, once } from './sessions.ts'

/** Creates the empty form. */
export function createNewClient({ catalogue }: AdminDependencies): Handle {
  return async ({ formToken }) => registrationPage(catalogue, formToken, EMPTY_FORM)
}

/** Creates the action that registers the client that was filled in. */
export function createRegisterClient({ clients, catalogue }: AdminDependencies): Handle {
  async function register({ session, by }: AdminRequest, form: ClientForm): Promise<string> {
    const { client, clientSecret } = await clients.register(newClientOf(form), by)
    const { clientId, name, secrets } = client
    session.flashMessage = { kind: 'success', title: `“${name}” is registered` }
    const [secret] = secrets
    if (clientSecret === undefined || secret === undefined) return clientPath(clientId)
    keepUnseenSecret(session, secret.secretId, clientSecret)
    return secretPath(clientId, secret.secretId)
  }

  return async (request) => {
    const form = readClientForm(request.form)
    try {
      return { location: await once(request.session, request.form, () => register(request, form)) }
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error
      return registrationPage(catalogue, request.formToken, form, remarksOfError(error, form))
    }
  }
}

function registrationPage(
  catalogue: AdminDependencies['catalogue'],
  formToken: string,
  form: ClientForm,
  remarks?: Remarks,
): AdminPage {
  const title = 'Register a client'
  return {
    ...(remarks === undefined ? { title } : { status: 422, title: `Error: ${title}` }),
    content: html`!${renderBackLink()}
!${renderSummary(remarks)}
<h1>${title}</h1>
<p class="lead">A client is an application of a partner. Its secret, if it gets one, is shown once, on the
next page.</p>
!${renderForm({
      action: CLIENTS_PATH,
      formToken,
      hidden: { submissionId: randomUUID() },
      content: html`!${renderClientFields({ form, remarks, catalogue })}
<div class="actions"><button class="button primary">Register</button>
<a class="button secondary" href="${LIST_PATH}">Cancel</a></div>`,
    })}`,
  }
}
