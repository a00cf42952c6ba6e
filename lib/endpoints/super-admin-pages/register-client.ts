/**
 * Registers a client.
 *
 * @module
 */

import { createClientIdentity } from '../../clients/client-registry.ts'
import { requireClient } from '../../clients/require-client.ts'
import { ClientMetadataError, ConflictError } from '../../errors.ts'
import { type ClientForm, EMPTY_FORM } from '../../pages/super-admin/client-form.ts'
import { renderRegistrationPage } from '../../pages/super-admin/registration-page.ts'
import type { Rejection, SuperAdminContext } from '../../pages/super-admin/views.ts'
import { choicesOf } from './client-page-data.ts'
import type { PageHandler, SuperAdminPagesDependencies } from './page-request.ts'
import { createSubmissionId } from './submissions.ts'
import { newClientOf, readClientForm } from './submitted-client.ts'

/** Creates the page with the form. */
export function showRegistration(dependencies: SuperAdminPagesDependencies): PageHandler {
  return async ({ context, send }) =>
    send(200, registrationPage(dependencies, context, EMPTY_FORM, undefined))
}

/** Creates the action of the form. */
export function registerClient(dependencies: SuperAdminPagesDependencies): PageHandler {
  const { clients, submissions } = dependencies
  return async ({ ctx, context, by, form: sent, send, redirectTo }) => {
    const { urls } = context
    const form = readClientForm(sent)
    const proposed = createClientIdentity()
    const submission = await submissions.begin(urls.newClient, sent, by.actorId, proposed)
    const { clientId, secretId } = submission.identity
    try {
      if (!submission.isDone) {
        await clients.registerIdentified(submission.identity, newClientOf(form), by)
      }
    } catch (error) {
      if (error instanceof ClientMetadataError) {
        const { issues } = error
        send(422, registrationPage(dependencies, context, form, { kind: 'invalid', issues }))
        return
      }
      // The same form was sent twice, and the other one was faster.
      if (!(error instanceof ConflictError)) throw error
    }
    await submission.finish()
    const { name, secrets } = await requireClient(clients, clientId)
    const hasSecret = secrets.some((secret) => secret.secretId === secretId)
    const url = hasSecret ? urls.secret(clientId, secretId) : urls.client(clientId)
    if (hasSecret) submission.allowToSee(ctx, url)
    redirectTo(url, 'registered', name)
  }
}

function registrationPage(
  dependencies: SuperAdminPagesDependencies,
  context: SuperAdminContext,
  form: ClientForm,
  rejection: Rejection | undefined,
) {
  const choices = choicesOf(dependencies, context)
  const submissionId = createSubmissionId()
  return renderRegistrationPage({ ...context, choices, submissionId, form, rejection })
}
