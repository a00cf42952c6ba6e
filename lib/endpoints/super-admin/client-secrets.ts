/**
 * The secrets of one client: add, remove. They are seen with the client.
 *
 * @module
 */

import { z } from 'zod'
import type { ClientRegistry } from '../../clients/client-registry.ts'
import { ClientMetadataError } from '../../errors.ts'
import { PRIVATE_HEADERS } from '../../http/responses.ts'
import type { SuperAdminHandler } from './authorize.ts'
import { requestBodyOf } from './request-body.ts'

const newSecret = z.strictObject({
  expiresAt: z
    .int('must be a whole number of seconds since the Unix epoch')
    .nullish()
    .transform((expiresAt) => expiresAt ?? undefined),
})

/** Adds a secret, and shows it once. */
export function addSecret(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '' }, by) => {
    const body = await requestBodyOf(ctx)
    if (body === undefined) return
    const { expiresAt } = parseNewSecret(body)
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    const { secret, clientSecret } = await clients.addSecret(clientId, { ...expiry, by })
    ctx.set(PRIVATE_HEADERS)
    ctx.status = 201
    ctx.body = { ...secret, clientSecret }
  }
}

/** Removes a secret. */
export function removeSecret(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '', secretId = '' }, by) => {
    await clients.removeSecret(clientId, secretId, { by })
    ctx.set(PRIVATE_HEADERS)
    ctx.status = 204
  }
}

function parseNewSecret(body: object): z.infer<typeof newSecret> {
  const { data, error } = newSecret.safeParse(body)
  if (data !== undefined) return data
  const issues = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((path) => ({ path, message: 'is not a field of a new secret' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  )
  throw new ClientMetadataError(issues)
}
