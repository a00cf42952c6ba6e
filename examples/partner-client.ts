/**
 * The OAuth client of Acme Recruiter, for a registration.
 *
 * @module
 */

import * as oauth from 'openid-client'
import type { PartnerCredentials } from './partner-registration.ts'

/** The client of a registration. */
export interface PartnerClient {
  readonly credentials: PartnerCredentials
  /** Fetches the server metadata, once. */
  discover(): Promise<oauth.Configuration>
}

/** Creates the client without sending a request. */
export function createPartnerClient(
  issuer: string,
  credentials: PartnerCredentials,
): PartnerClient {
  const { clientId, clientSecret } = credentials
  // Also verifies the signature of ID tokens, which a client may leave to TLS (OIDC Core §3.1.3.7).
  const execute = [
    oauth.enableNonRepudiationChecks,
    ...(issuer.startsWith('http:') ? [oauth.allowInsecureRequests] : []),
  ]
  let configuration: Promise<oauth.Configuration> | undefined
  return {
    credentials,
    discover() {
      configuration ??= oauth.discovery(
        new URL(issuer),
        clientId,
        undefined,
        oauth.ClientSecretBasic(clientSecret),
        { execute },
      )
      configuration.catch(() => {
        configuration = undefined
      })
      return configuration
    },
  }
}
