/**
 * Adds a client secret, shows it once, and removes secrets.
 *
 * @module
 */

import { createSecretIdentity } from '../../clients/client-secret.ts'
import { requireClient } from '../../clients/require-client.ts'
import { ClientMetadataError, ClientSecretNotFoundError, ConflictError } from '../../errors.ts'
import { redirectAfterGet } from '../../http/responses.ts'
import { renderRemovalPage } from '../../pages/super-admin/question-pages.ts'
import { EXPIRY_FIELD } from '../../pages/super-admin/remarks.ts'
import { renderNewSecretPage, renderShownSecretPage } from '../../pages/super-admin/secret-pages.ts'
import { isCalendarDay } from '../../util/calendar-day.ts'
import { clientPage } from './client-page-data.ts'
import type { PageHandler, SuperAdminPagesDependencies } from './page-request.ts'

/** Creates the action that adds a secret. */
export function addSecret(dependencies: SuperAdminPagesDependencies): PageHandler {
  const { clients, submissions } = dependencies
  return async ({ ctx, parameters: { clientId = '' }, context, by, form, send, redirectTo }) => {
    const { urls } = context
    const client = await requireClient(clients, clientId)
    const proposed = { clientId, ...createSecretIdentity() }
    const submission = await submissions.begin(urls.secrets(clientId), form, by.actorId, proposed)
    const secretExpiry = form.get(EXPIRY_FIELD)?.trim() ?? ''
    const addition = { ...expiryOf(secretExpiry), by }
    try {
      if (!submission.isDone) {
        await clients.addIdentifiedSecret(submission.identity, clientId, addition)
      }
    } catch (error) {
      if (error instanceof ClientMetadataError) {
        const rejection = { kind: 'invalid', issues: error.issues } as const
        send(422, clientPage(dependencies, context, client, { rejection, secretExpiry }))
        return
      }
      if (!(error instanceof ConflictError)) throw error
      const { secrets } = await requireClient(clients, clientId)
      // The same form was sent twice, and the other one was faster.
      const isAdded = secrets.some(({ secretId }) => secretId === submission.identity.secretId)
      if (!isAdded) throw error
    }
    await submission.finish()
    const url = urls.secret(clientId, submission.identity.secretId)
    submission.allowToSee(ctx, url)
    redirectTo(url, 'secret-added')
  }
}

/** Reads the last day of a secret, as a date field sends it: 2026-12-31. The registry rejects one that is not a day. */
function expiryOf(day: string): { readonly expiresAt?: number } {
  if (day === '') return {}
  return { expiresAt: isCalendarDay(day) ? Date.parse(`${day}T23:59:59Z`) / 1000 : Number.NaN }
}

/** Creates the page that shows a new secret, once. */
export function showSecret({
  issuer,
  clients,
  submissions,
}: SuperAdminPagesDependencies): PageHandler {
  return async ({ ctx, parameters, context, by, send }) => {
    const { clientId = '', secretId = '' } = parameters
    const client = await requireClient(clients, clientId)
    const url = context.urls.secret(clientId, secretId)
    const secret = { clientId, secretId }
    const clientSecret = await submissions.takeSecret(ctx, url, secret, by.actorId)
    if (clientSecret === undefined) send(410, renderShownSecretPage({ ...context, client }))
    else send(200, renderNewSecretPage({ ...context, client, issuer, clientSecret }))
  }
}

/** Creates the page that asks whether to remove a secret. */
export function askToRemoveSecret({ clients }: SuperAdminPagesDependencies): PageHandler {
  return async ({ ctx, parameters: { clientId = '', secretId = '' }, context, send }) => {
    const client = await requireClient(clients, clientId)
    const secret = client.secrets.find((each) => each.secretId === secretId)
    if (secret === undefined) redirectAfterGet(ctx, context.urls.client(clientId))
    else send(200, renderRemovalPage({ ...context, client, secret }))
  }
}

/** Creates the action that removes a secret. */
export function removeSecret({ clients }: SuperAdminPagesDependencies): PageHandler {
  return async ({ parameters: { clientId = '', secretId = '' }, context, by, redirectTo }) => {
    const url = context.urls.client(clientId)
    try {
      await clients.removeSecret(clientId, secretId, { by })
      redirectTo(url, 'secret-removed')
    } catch (error) {
      // Removed already, for example by a double click.
      if (error instanceof ClientSecretNotFoundError) redirectTo(url, 'secret-removed')
      else if (error instanceof ClientMetadataError) redirectTo(url, 'last-secret-kept')
      else throw error
    }
  }
}
