/**
 * Adds a client secret, shows it once, and removes secrets.
 *
 * @module
 */

import {
  type Client,
  ClientMetadataError,
  type ClientSecret,
  ClientSecretNotFoundError,
} from '@teamcast/oauth-server'
import { html } from 'ghtml'
import { renderFlashMessage } from '../flash-message.ts'
import { requireClient } from './change-client.ts'
import { clientPage } from './client-page.ts'
import { COPY_SCRIPT, COPY_STATUS, renderBackLink, renderCopyField, renderForm } from './parts.ts'
import { clientPath, removalPath, secretPath } from './paths.ts'
import type { Remarks } from './remarks.ts'
import type {
  AdminDependencies,
  AdminPage,
  AdminRequest,
  AdminResponse,
  Handle,
} from './request.ts'
import { EXPIRY_FIELD } from './secrets-section.ts'
import { keepUnseenSecret, once, takeFlashMessage, takeUnseenSecret } from './sessions.ts'
import { endOfDay, renderTimeAndAge } from './times.ts'

/** Creates the action that adds another secret. */
export function createAddSecret({ clients, catalogue, now }: AdminDependencies): Handle {
  async function add(
    { session, by }: AdminRequest,
    clientId: string,
    expiry: string,
  ): Promise<string> {
    // NaN for an invalid day: addSecret() rejects it.
    const expiresAt = expiry === '' ? undefined : (endOfDay(expiry) ?? Number.NaN)
    const expires = expiresAt === undefined ? {} : { expiresAt }
    const { secret, clientSecret } = await clients.addSecret(clientId, { ...expires, by })
    session.flashMessage = { kind: 'success', title: 'The secret is added' }
    keepUnseenSecret(session, secret.secretId, clientSecret)
    return secretPath(clientId, secret.secretId)
  }

  return async (request): Promise<AdminResponse> => {
    const { ids, session, formToken, form } = request
    const [clientId = ''] = ids
    const secretExpiry = form.get(EXPIRY_FIELD)?.trim() ?? ''
    try {
      return {
        location: await once(session, form, () => add(request, clientId, secretExpiry)),
      }
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error
      const client = await requireClient(clients, clientId)
      const remarks = remarksOfSecret(error)
      return clientPage({ client, catalogue, now: now(), formToken, remarks, secretExpiry })
    }
  }
}

/** Creates the page that shows a new secret, once. */
export function createShowSecret({ clients, issuer }: AdminDependencies): Handle {
  return async ({ ids: [clientId = '', secretId = ''], session }) => {
    const client = await requireClient(clients, clientId)
    const clientSecret = takeUnseenSecret(session, secretId)
    if (clientSecret === undefined) return seenSecretPage(client)
    return {
      title: 'Copy the client secret now',
      content: html`!${renderFlashMessage(takeFlashMessage(session))}
<h1>Copy the client secret now</h1>
<p class="lead"><strong>It is not shown again</strong>, not even to a SuperAdmin: the server stores only its
hash.</p>
!${renderCopyField('clientSecret', 'Client secret', clientSecret)}
!${renderCopyField('clientId', 'Client id', clientId)}
!${renderCopyField('issuer', 'Issuer', issuer)}
!${COPY_STATUS}
<p class="help">Send all three to the partner over a secure channel. If a secret leaks, replace it on the
page of the client.</p>
<div class="actions"><a class="button primary" href="${clientPath(clientId)}">I have copied it</a></div>`,
      script: COPY_SCRIPT,
    }
  }
}

/** Creates the page that asks whether to remove a secret. */
export function createConfirmRemoval({ clients, now }: AdminDependencies): Handle {
  return async ({ ids: [clientId = '', secretId = ''], formToken }) => {
    const client = await requireClient(clients, clientId)
    const secret = client.secrets.find((each) => each.secretId === secretId)
    if (secret === undefined) return { location: clientPath(clientId) }
    return removalPage(client, secret, formToken, now())
  }
}

/** Creates the action that removes a secret. */
export function createRemoveSecret({ clients }: AdminDependencies): Handle {
  return async ({ ids: [clientId = '', secretId = ''], session, by }) => {
    try {
      await clients.removeSecret(clientId, secretId, { by })
      session.flashMessage = { kind: 'success', title: 'The secret is removed' }
    } catch (error) {
      // Removed already, for example by a double click.
      if (error instanceof ClientSecretNotFoundError) return { location: clientPath(clientId) }
      if (!(error instanceof ClientMetadataError)) throw error
      const detail = 'It is the last one that works. Add another one first.'
      session.flashMessage = { kind: 'failure', title: 'The secret was not removed', detail }
    }
    return { location: clientPath(clientId) }
  }
}

function remarksOfSecret({ issues }: ClientMetadataError): Remarks {
  const items = issues.map(({ path, message }) =>
    path === EXPIRY_FIELD
      ? {
          field: EXPIRY_FIELD,
          text: 'The last day must be in the future, at most ten years ahead.',
        }
      : { field: undefined, text: `The client’s ${path} ${message}.` },
  )
  return { kind: 'invalid', items }
}

function seenSecretPage({ clientId, name }: Client): AdminPage {
  return {
    status: 410,
    title: 'This secret was shown already',
    content: html`!${renderBackLink()}
<h1>This secret was shown already</h1>
<p class="lead">A secret is shown once. If it is lost, add another one to <bdi>${name}</bdi> and remove this
one.</p>
<div class="actions"><a class="button primary" href="${clientPath(clientId)}">Show the client</a></div>`,
  }
}

function removalPage(
  { clientId, name }: Client,
  { secretId, hint, lastUsedAt }: ClientSecret,
  formToken: string,
  now: number,
): AdminPage {
  const used =
    lastUsedAt === undefined
      ? 'It was never used.'
      : html`It was last used on !${renderTimeAndAge(lastUsedAt, now)}.`
  return {
    title: `Remove a secret of ${name}?`,
    content: html`!${renderBackLink()}
<h1>Remove the secret <code>${hint}…</code>?</h1>
<p>!${used} From the next request on, it cannot be used to authenticate as <bdi>${name}</bdi>. No user is
disconnected.</p>
!${renderForm({
      action: removalPath(clientId, secretId),
      formToken,
      content: html`<div class="actions"><button class="button danger">Remove secret</button>
<a class="button secondary" href="${clientPath(clientId)}">Keep it</a></div>`,
    })}`,
  }
}
