/**
 * The interface of a client authentication method (RFC 6749 §2.3, OAuth 2.1 §2.4).
 *
 * @module
 */

import type { ArtifactStore } from '../../storage/artifact-store.ts'
import type { ClientRecord, ClientSecretRecord, ClientType } from '../../storage/client.ts'
import type { FormParameters } from '../form-parameters.ts'

/** The parts of a request that may hold credentials. The URL is none of them (OAuth 2.1 §2.4.1). */
export interface CredentialsInRequest {
  /** The `Authorization` header; empty when there is none. */
  readonly authorization: string
  readonly parameters: FormParameters
}

/** How many credentials a request has, of whatever method; a `client_id` alone is none. */
export function countCredentials({ authorization, parameters }: CredentialsInRequest): number {
  const names = ['client_secret', 'client_assertion']
  const sent = names.filter((name) => parameters.get(name) !== undefined)
  return Number(authorization !== '') + sent.length
}

/** A client authentication method. */
export interface ClientAuthenticationMethod {
  /** The types of the clients that can be registered for it. */
  readonly clientTypes: ReadonlyArray<ClientType>
  /** Whether a client that is registered for it gets a secret. */
  readonly usesSecret: boolean
  /** What the metadata says about it besides its name, for example signature algorithms (RFC 8414 §2). */
  readonly metadata?: Readonly<Record<string, unknown>>
  /**
   * Finds credentials of this method in a request.
   *
   * @returns `undefined` when there are none.
   *
   * @throws {@link InvalidRequestError} when they are malformed.
   */
  find(request: CredentialsInRequest): PresentedCredentials | undefined
}

/** The credentials of a request. */
export interface PresentedCredentials {
  /** The claimed client. */
  readonly clientId: string
  /**
   * Verifies the credentials. Takes as long for an unknown client as for wrong credentials.
   *
   * @param client The claimed client, if it exists.
   */
  verify(
    client: ClientRecord | undefined,
    dependencies: VerificationDependencies,
  ): Verification | Promise<Verification>
}

/** What methods need to verify credentials. */
export interface VerificationDependencies {
  /** The audience of assertions (RFC 7523 §3). */
  readonly issuer: string
  /** For credentials that may be used once. */
  readonly artifacts: Pick<ArtifactStore, 'insert'>
  readonly now: () => number
}

/** Whether the credentials are valid. */
export type Verification =
  | {
      readonly isValid: false
      /** For the client's developer; the same whether or not the client exists. */
      readonly hint?: string
    }
  | {
      readonly isValid: true
      /** The secret that was presented, if the method uses one. */
      readonly secret?: ClientSecretRecord
    }
