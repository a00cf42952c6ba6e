/**
 * Acme Recruiter as a client of Teamcast, with one registration.
 *
 * @module
 */

import * as oauth from 'openid-client'
import type { PartnerCredentials } from './partner-registration.ts'

/** The partner with one registration. */
export interface PartnerClient {
  readonly credentials: PartnerCredentials
  /** Asks Teamcast where its endpoints are, once. */
  discover(): Promise<oauth.Configuration>
}

/** Creates the client; it asks nothing yet. */
export function createPartnerClient(
  issuer: string,
  credentials: PartnerCredentials,
): PartnerClient {
  const { clientId, clientSecret } = credentials
  const execute = issuer.startsWith('http:') ? [oauth.allowInsecureRequests] : []
  let configuration: Promise<oauth.Configuration> | undefined
  return {
    credentials,
    discover() {
      configuration ??= oauth.discovery(
        new URL(issuer),
        clientId,
        undefined,
        oauth.ClientSecretBasic(clientSecret),
        { algorithm: 'oauth2', execute },
      )
      configuration.catch(() => {
        configuration = undefined
      })
      return configuration
    },
  }
}
