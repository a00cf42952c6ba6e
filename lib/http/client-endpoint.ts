/**
 * What the endpoints for clients share: parameters, client authentication, the check of the origin, and the
 * error responses (RFC 6749 §5.2).
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import { isOriginOf } from '../clients/redirect-uri.ts'
import type { ClientRecord } from '../storage/client.ts'
import {
  authenticateClient,
  type ClientAuthenticationDependencies,
} from './client-authentication/authenticate-client.ts'
import { sendAuthenticationError } from './client-authentication/send-invalid-client.ts'
import { allowOrigin, allowOriginToReadFailure, sendPreflightResponse } from './cors.ts'
import { FormParameters, InvalidRequestError, readFormParameters } from './form-parameters.ts'
import { sendErrorResponse } from './responses.ts'
import type { Route } from './route.ts'

/** Dependencies of an endpoint for clients. */
export interface ClientEndpointDependencies extends ClientAuthenticationDependencies {
  readonly audit: AuditLog
}

/** A request of a client that has authenticated. */
export interface ClientRequest {
  readonly ctx: Context
  readonly client: ClientRecord
  readonly parameters: FormParameters
}

/** An endpoint for clients. */
export interface ClientEndpoint {
  /** With `OPTIONS`, browser applications of PUBLIC clients may use the endpoint. */
  readonly methods: ReadonlyArray<'GET' | 'POST' | 'OPTIONS'>
  /** Sends the response. {@link InvalidRequestError} becomes `invalid_request`, any other error a 5xx. */
  readonly respond: (request: ClientRequest) => Promise<void>
}

/** Creates the route of an endpoint for clients. */
export function createClientEndpoint(
  dependencies: ClientEndpointDependencies,
  { methods, respond }: ClientEndpoint,
): Route {
  const isOpenToBrowsers = methods.includes('OPTIONS')
  const showFailure = isOpenToBrowsers ? allowOriginToReadFailure : () => undefined
  return {
    methods,
    errorFormat: 'oauth',
    async handle(ctx) {
      if (ctx.method === 'OPTIONS') {
        sendPreflightResponse(ctx)
        return
      }
      let client: ClientRecord | undefined
      try {
        const parameters =
          ctx.method === 'POST' ? await readFormParameters(ctx) : new FormParameters()
        const request = { ip: ctx.ip, authorization: ctx.get('authorization'), parameters }
        const authentication = await authenticateClient(dependencies, request)
        if (authentication.outcome !== 'authenticated') {
          sendAuthenticationError(dependencies, ctx, authentication)
          if (authentication.outcome === 'throttled') showFailure(ctx)
          return
        }
        client = authentication.client
        checkOrigin(ctx, client, isOpenToBrowsers)
        await respond({ ctx, client, parameters })
      } catch (error) {
        if (!(error instanceof InvalidRequestError)) {
          showFailure(ctx) // the router sends 500 or 503
          throw error
        }
        sendInvalidRequest(dependencies, ctx, client?.clientId, error.message)
      }
    },
  }
}

function sendInvalidRequest(
  { audit }: ClientEndpointDependencies,
  ctx: Context,
  clientId: string | undefined,
  reason: string,
): void {
  const error = 'invalid_request'
  audit.record({ type: 'token.refused', clientId, error, reason }, ctx.ip)
  sendErrorResponse(ctx, 400, error, reason)
}

/** Requires the origin of a browser that sends a POST to be one of the client. */
function checkOrigin(ctx: Context, client: ClientRecord, isOpenToBrowsers: boolean): void {
  const origin = ctx.get('origin')
  if (ctx.method !== 'POST' || origin === '') return
  if (!isOriginOf(client, origin))
    throw new InvalidRequestError('the origin is not one of the client')
  if (isOpenToBrowsers) allowOrigin(ctx)
}
