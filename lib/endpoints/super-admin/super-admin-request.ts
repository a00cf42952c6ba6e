/**
 * What every request of the SuperAdmin API goes through: authorization, reading the body, and the error
 * responses.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Actor } from '../../audit/audit-event.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
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
import { isFromOtherOrigin } from '../../http/same-origin.ts'
import type {
  AuthorizeSuperAdmin,
  SuperAdminDecision,
} from '../../options/authorization-server-options.ts'
import { createCredentialThrottle } from './credential-throttle.ts'

const JSON_TYPE = 'application/json'
const MERGE_PATCH_TYPE = 'application/merge-patch+json'

/** Handles a request of a SuperAdmin. `by` names the SuperAdmin for the audit event. */
export type SuperAdminHandler = (
  ctx: Context,
  parameters: PathParameters,
  by: Actor,
) => Promise<void>

/** Dependencies of the guard. */
export interface SuperAdminGuardDependencies {
  readonly issuer: string
  readonly authorizeSuperAdmin: AuthorizeSuperAdmin
  readonly audit: AuditLog
  readonly now: () => number
}

/** The error responses, by the reason in the audit event. */
const REFUSALS = {
  'no-credentials': [401, 'sign in as a SuperAdmin'],
  unauthenticated: [401, 'sign in as a SuperAdmin'],
  forbidden: [403, 'only a SuperAdmin may do this'],
  'other-origin': [403, 'the request comes from another origin'],
  'too-many-attempts': [429, 'too many failed attempts from this address, try again later'],
  'address-unknown': [429, 'attempts from an unknown address cannot be counted, so none is made'],
} as const

/** Creates the guard of the handlers: authorizes a request, and sends the errors of the registry. */
export function createSuperAdminGuard({
  issuer,
  authorizeSuperAdmin,
  audit,
  now,
}: SuperAdminGuardDependencies): (handler: SuperAdminHandler) => Route['handle'] {
  const askAboutCredentials = createCredentialThrottle(now)

  async function decide(ctx: Context): Promise<Actor | keyof typeof REFUSALS> {
    // A preflight would stop it in a browser, but the host may allow preflights.
    const isSafe = ctx.method === 'GET' || ctx.method === 'HEAD'
    if (!isSafe && isFromOtherOrigin(ctx, issuer)) return 'other-origin'
    const ask = async (): Promise<SuperAdminDecision> => await authorizeSuperAdmin(ctx)
    const credentials = credentialsOf(ctx)
    const isWithout = credentials.length === 0
    const decision = isWithout ? await ask() : await askAboutCredentials(ctx.ip, credentials, ask)
    if (decision === 'allowed') return {}
    if (typeof decision === 'object') return toActorOrBlocked(ctx, decision)
    return isWithout && decision === 'unauthenticated' ? 'no-credentials' : decision
  }

  return (handler) => async (ctx, parameters) => {
    const { ip } = ctx
    const decision = await decide(ctx)
    if (typeof decision === 'object') {
      await handler(ctx, parameters, { ...decision, ip }).catch((error: unknown) =>
        sendRegistryError(ctx, error),
      )
      return
    }
    audit.record({ type: 'super-admin.refused', reason: decision }, ip)
    const [status, detail] = REFUSALS[decision]
    if (status === 401) ctx.set('WWW-Authenticate', 'Bearer')
    sendProblem(ctx, status, detail)
  }
}

function toActorOrBlocked(
  ctx: Context,
  decision: { readonly superAdminId: string } | { readonly retryAfterSeconds: number },
): Actor | 'too-many-attempts' {
  if ('superAdminId' in decision) return { actorId: decision.superAdminId }
  ctx.set('Retry-After', String(decision.retryAfterSeconds))
  return 'too-many-attempts'
}

/** What a request presents: the `Authorization` header and each cookie. Empty when it has neither. */
function credentialsOf(ctx: Context): ReadonlyArray<string> {
  const authorization = ctx.get('authorization')
  const cookies = ctx.get('cookie').split(';')
  const presented = [`Authorization: ${authorization}`, ...cookies.map((text) => text.trim())]
  return presented.slice(authorization === '' ? 1 : 0).filter((text) => text !== '')
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
