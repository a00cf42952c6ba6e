/**
 * Client authentication (RFC 6749 §2.3, OAuth 2.1 §2.4), the same at every endpoint for clients.
 *
 * A secret has 256 bits, so a right one is never refused because others failed: credentials are checked
 * first, and only wrong ones are counted and slowed down.
 *
 * @module
 */

import type { ClientRecord, TokenEndpointAuthMethod } from '../../clients/client.ts'
import type { NoteSecretUse } from '../../clients/secret-uses.ts'
import { InvalidRequestError } from '../form-parameters.ts'
import type { Throttle } from '../throttle.ts'
import type { CredentialsInRequest, PresentedCredentials } from './client-authentication-method.ts'
import { CLIENT_AUTHENTICATION_METHODS } from './client-authentication-methods.ts'

/** Dependencies of client authentication. */
export interface ClientAuthenticationDependencies {
  readonly findClient: (clientId: string) => Promise<ClientRecord | undefined>
  /** Counts failures. */
  readonly clientThrottle: Pick<Throttle, 'isBlocked' | 'recordFailure'>
  readonly noteSecretUse: NoteSecretUse
  readonly now: () => number
}

/** A request as client authentication sees it. */
export interface AuthenticationRequest extends CredentialsInRequest {
  /** Address it comes from. */
  readonly ip: string
}

/** How authentication ended. */
export type ClientAuthentication =
  | { readonly outcome: 'authenticated'; readonly client: ClientRecord }
  | FailedAuthentication

/** Why a client did not authenticate. */
export interface FailedAuthentication {
  readonly outcome: 'failed' | 'throttled'
  /** The client that the request claims to be from, if it exists. */
  readonly clientId: string | undefined
  /** For the audit event. */
  readonly reason: string
  /** For the client's developer. */
  readonly hint?: string | undefined
}

/**
 * Authenticates the client of a request.
 *
 * @throws {@link InvalidRequestError} when credentials are malformed, or there are several.
 */
export async function authenticateClient(
  { findClient, clientThrottle, noteSecretUse, now }: ClientAuthenticationDependencies,
  request: AuthenticationRequest,
): Promise<ClientAuthentication> {
  const presented = findCredentials(request)
  if (presented === undefined) {
    return { outcome: 'failed', clientId: undefined, reason: 'no credentials' }
  }
  const { method, credentials } = presented
  const client = await findClient(credentials.clientId)
  const verification = credentials.verify(client, now())
  if (client !== undefined && verification.isValid) {
    const { tokenEndpointAuthMethod: registered, clientId } = client
    if (registered !== method) {
      const hint = `the client is registered for ${registered}`
      return { outcome: 'failed', clientId, reason: `it used ${method}`, hint }
    }
    if (verification.secret !== undefined) noteSecretUse(client, verification.secret)
    return { outcome: 'authenticated', client }
  }
  const clientId = client?.clientId
  if (await clientThrottle.isBlocked(request.ip, clientId)) {
    return { outcome: 'throttled', clientId, reason: 'too many failed attempts' }
  }
  clientThrottle.recordFailure(request.ip, clientId)
  const reason = client === undefined ? 'unknown client' : 'wrong credentials'
  const hint = verification.isValid ? undefined : verification.hint
  return { outcome: 'failed', clientId, reason, hint }
}

interface FoundCredentials {
  readonly method: TokenEndpointAuthMethod
  readonly credentials: PresentedCredentials
}

function findCredentials(request: CredentialsInRequest): FoundCredentials | undefined {
  const { parameters } = request
  const found: Array<FoundCredentials> = []
  for (const [name, { find }] of Object.entries(CLIENT_AUTHENTICATION_METHODS)) {
    const credentials = find(request)
    if (credentials !== undefined) {
      found.push({ method: name as TokenEndpointAuthMethod, credentials })
    }
  }
  const [first] = found
  const isAsserted = parameters.get('client_assertion') !== undefined
  if (found.length + Number(isAsserted) > 1) {
    throw new InvalidRequestError('the client must authenticate with one method, not several')
  }
  const { clientId } = first?.credentials ?? {}
  const named = parameters.get('client_id') ?? clientId
  if (clientId !== undefined && named !== clientId) {
    throw new InvalidRequestError('client_id must be that of the Authorization header')
  }
  return first
}
