/**
 * `/super-admin/oauth-clients/:id/secrets`: adds and removes secrets. They are listed with the client.
 *
 * @module
 */

import { z } from 'zod'
import type { ClientRegistry } from '../../clients/client-registry.ts'
import { ClientMetadataError } from '../../errors.ts'
import { findSchemaIssues } from '../../util/schema-issues.ts'
import { readRequestBody, type SuperAdminHandler } from './super-admin-request.ts'

const newSecret = z.strictObject({
  expiresAt: z
    .int('must be a whole number of seconds since the Unix epoch')
    .nullish()
    .transform((expiresAt) => expiresAt ?? undefined),
})

/** Adds a secret. The response is the only one that contains it. */
export function addSecret(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '' }, by) => {
    const body = await readRequestBody(ctx)
    if (body === undefined) return
    const { expiresAt } = parseNewSecret(body)
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    const { secret, clientSecret } = await clients.addSecret(clientId, { ...expiry, by })
    ctx.status = 201
    ctx.body = { ...secret, clientSecret }
  }
}

/** Removes a secret. */
export function removeSecret(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '', secretId = '' }, by) => {
    await clients.removeSecret(clientId, secretId, { by })
    ctx.status = 204
  }
}

function parseNewSecret(body: object): z.infer<typeof newSecret> {
  const { data } = newSecret.safeParse(body)
  if (data !== undefined) return data
  const words = { unknownKey: 'is not a field of a new secret' }
  throw new ClientMetadataError(findSchemaIssues(newSecret, body, words))
}
