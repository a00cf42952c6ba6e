/**
 * Client authentication (RFC 6749 §2.3, OAuth 2.1 §2.4), the same at every endpoint for clients.
 *
 * Credentials are checked before the throttle: secrets have 256 bits, so failed attempts never lock out a
 * client with the right secret. Only failures are counted.
 *
 * @module
 */

import type { RecordSecretUse } from '../../clients/secret-uses.ts'
import type { ClientRecord } from '../../storage/client.ts'
import { InvalidRequestError } from '../form-parameters.ts'
import type { Throttle } from '../throttle.ts'
import { AUTHENTICATION_METHODS } from './authentication-methods.ts'
import {
  type CredentialsInRequest,
  countCredentials,
  type PresentedCredentials,
  type VerificationDependencies,
} from './client-authentication-method.ts'

/** Dependencies of client authentication. */
export interface ClientAuthenticationDependencies extends VerificationDependencies {
  readonly findClient: (clientId: string) => Promise<ClientRecord | undefined>
  /** Counts failures. */
  readonly clientThrottle: Pick<Throttle, 'recordFailure' | 'retryAfterSeconds'>
  readonly recordSecretUse: RecordSecretUse
}

/** The parts of a request that client authentication needs. */
export interface AuthenticationRequest extends CredentialsInRequest {
  /** Address it comes from. */
  readonly ip: string
}

/** The result of client authentication. */
export type ClientAuthentication =
  | { readonly outcome: 'authenticated'; readonly client: ClientRecord }
  | FailedAuthentication

/** A failed authentication. */
export type FailedAuthentication = {
  /** The client that the request claims to be from, if it exists. */
  readonly clientId: string | undefined
  /** For the audit event. */
  readonly reason: string
} & (
  | {
      readonly outcome: 'failed'
      /** For the client's developer. */
      readonly hint?: string | undefined
    }
  | {
      readonly outcome: 'throttled'
      /** In how many seconds it may try again. */
      readonly retryAfterSeconds: number
    }
)

/**
 * Authenticates the client of a request.
 *
 * @throws {@link InvalidRequestError} when the credentials are malformed, or there are several.
 */
export async function authenticateClient(
  dependencies: ClientAuthenticationDependencies,
  request: AuthenticationRequest,
): Promise<ClientAuthentication> {
  const { findClient, clientThrottle, recordSecretUse } = dependencies
  const presented = findCredentials(request)
  if (presented === undefined) {
    return { outcome: 'failed', clientId: undefined, reason: 'no credentials' }
  }
  const { method, credentials } = presented
  const client = await findClient(credentials.clientId)
  const verification = await credentials.verify(client, dependencies)
  if (client !== undefined && verification.isValid) {
    const { tokenEndpointAuthMethod: registered, clientId } = client
    if (registered !== method) {
      const hint = `the client is registered for ${registered}`
      return { outcome: 'failed', clientId, reason: `it used ${method}`, hint }
    }
    if (verification.secret !== undefined) recordSecretUse(client, verification.secret)
    return { outcome: 'authenticated', client }
  }
  const clientId = client?.clientId
  const retryAfterSeconds = await clientThrottle.retryAfterSeconds(request.ip, clientId)
  if (retryAfterSeconds > 0) {
    return { outcome: 'throttled', clientId, reason: 'too many failed attempts', retryAfterSeconds }
  }
  clientThrottle.recordFailure(request.ip, clientId)
  const reason = client === undefined ? 'unknown client' : 'wrong credentials'
  const hint = verification.isValid ? undefined : verification.hint
  return { outcome: 'failed', clientId, reason, hint }
}

interface FoundCredentials {
  /** The name of its method. */
  readonly method: string
  readonly credentials: PresentedCredentials
}

function findCredentials(request: CredentialsInRequest): FoundCredentials | undefined {
  if (countCredentials(request) > 1) {
    throw new InvalidRequestError('the client must authenticate with one method, not several')
  }
  for (const [method, { find }] of AUTHENTICATION_METHODS) {
    const credentials = find(request)
    if (credentials === undefined) continue
    const { clientId } = credentials
    if (clientId !== (request.parameters.get('client_id') ?? clientId)) {
      throw new InvalidRequestError('client_id must be that of the Authorization header')
    }
    return { method, credentials }
  }
  return undefined
}
