/**
 * What every request of the SuperAdmin API goes through: authorization, reading the body, and the error
 * responses.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Actor } from '../../audit/audit-event.ts'
import {
  ClientMetadataError,
  ClientNotFoundError,
  ClientSecretNotFoundError,
  ConflictError,
  PreconditionFailedError,
} from '../../errors.ts'
import { readJson } from '../../http/body.ts'
import { sendProblem } from '../../http/responses.ts'
import type { PathParameters, Route } from '../../http/route.ts'
import type { DecideSuperAdminAccess, SuperAdminRefusal } from './super-admin-access.ts'

const JSON_TYPE = 'application/json'
const MERGE_PATCH_TYPE = 'application/merge-patch+json'

/** Handles a request of a SuperAdmin. `by` names the SuperAdmin for the audit event. */
export type SuperAdminHandler = (
  ctx: Context,
  parameters: PathParameters,
  by: Actor,
) => Promise<void>

/** The error responses, by the reason in the audit event. */
const REFUSALS = {
  'no-credentials': [401, 'sign in as a SuperAdmin'],
  unauthenticated: [401, 'sign in as a SuperAdmin'],
  forbidden: [403, 'only a SuperAdmin may do this'],
  'other-origin': [403, 'the request comes from another origin'],
  'too-many-attempts': [429, 'too many failed attempts from this address, try again later'],
  'address-unknown': [429, 'attempts from an unknown address cannot be counted, so none is made'],
} as const satisfies Readonly<Record<SuperAdminRefusal, readonly [status: number, detail: string]>>

/** Creates the guard of the handlers: authorizes a request, and sends the errors of the registry. */
export function createSuperAdminGuard(
  decideAccess: DecideSuperAdminAccess,
): (handler: SuperAdminHandler) => Route['handle'] {
  return (handler) => async (ctx, parameters) => {
    const decision = await decideAccess(ctx)
    if (typeof decision === 'object') {
      await handler(ctx, parameters, decision).catch((error: unknown) =>
        sendRegistryError(ctx, error),
      )
      return
    }
    const [status, detail] = REFUSALS[decision]
    if (status === 401) ctx.set('WWW-Authenticate', 'Bearer')
    sendProblem(ctx, status, detail)
  }
}

/** Reads the JSON object of a request. Sends an error response and returns `undefined` if there is none. */
export async function readRequestBody(
  ctx: Context,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const types = ctx.method === 'PATCH' ? [JSON_TYPE, MERGE_PATCH_TYPE] : [JSON_TYPE]
  const body = await readJson(ctx, types)
  switch (body.outcome) {
    case 'read':
      return body.value
    case 'unsupported-type':
      // RFC 5789 §3.1, RFC 9110 §12.5.1: the accepted types.
      ctx.set(ctx.method === 'PATCH' ? 'Accept-Patch' : 'Accept', types.join(', '))
      sendProblem(ctx, 415, `the Content-Type must be ${types.join(' or ')}`)
      return undefined
    case 'unreadable':
      sendProblem(ctx, 400, 'the body must be a JSON object of at most 64 kB')
      return undefined
  }
}

/** Sends the error response for an error of the client registry. Rethrows any other error. */
function sendRegistryError(ctx: Context, error: unknown): void {
  if (error instanceof ClientMetadataError) sendProblem(ctx, 422, error.message, error.issues)
  else if (error instanceof PreconditionFailedError) sendProblem(ctx, 412, error.message)
  else if (error instanceof ConflictError) sendProblem(ctx, 409, error.message)
  else if (isNotFound(error)) sendProblem(ctx, 404, error.message)
  else throw error
}

function isNotFound(error: unknown): error is ClientNotFoundError | ClientSecretNotFoundError {
  return error instanceof ClientNotFoundError || error instanceof ClientSecretNotFoundError
}
