/**
 * What a method of client authentication is (RFC 6749 §2.3, OAuth 2.1 §2.4).
 *
 * @module
 */

import type { ClientRecord, ClientSecretRecord } from '../../clients/client.ts'
import type { FormParameters } from '../form-parameters.ts'

/** Where credentials may stand in a request. Never in its URL (OAuth 2.1 §2.4.1). */
export interface CredentialsInRequest {
  /** The `Authorization` header; empty when there is none. */
  readonly authorization: string
  readonly parameters: FormParameters
}

/** One way in which clients authenticate. */
export interface ClientAuthenticationMethod {
  /**
   * Finds credentials of this method.
   *
   * @returns `undefined` when the request has none.
   *
   * @throws {@link InvalidRequestError} when they are malformed.
   */
  find(request: CredentialsInRequest): PresentedCredentials | undefined
}

/** Credentials as a request presents them. */
export interface PresentedCredentials {
  /** The client that they claim to be of. */
  readonly clientId: string
  /**
   * Checks that they are. Takes as long for a client that does not exist as for wrong credentials.
   *
   * @param client The client of that id, if it exists.
   * @param now Seconds since the Unix epoch.
   */
  verify(client: ClientRecord | undefined, now: number): Verification
}

/** Whether credentials are the client's. */
export type Verification =
  | {
      readonly isValid: false
      /** What the client's developer should know; the same whether or not the client exists. */
      readonly hint?: string
    }
  | {
      readonly isValid: true
      /** The secret that was presented, if the method uses one. */
      readonly secret?: ClientSecretRecord
    }
