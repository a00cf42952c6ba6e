import { describeScope, type ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Client } from '../storage/client.ts'
import type { Consent } from '../storage/consent-store.ts'

/** A client that a user has connected. */
export interface Connection
  extends Pick<Client, 'clientId' | 'name' | 'clientUri' | 'logoUrl' | 'tosUri' | 'policyUri'> {
  /** Granted scopes that the client is still registered for; may be empty. */
  readonly scopes: ReadonlyArray<ConnectedScope>
  /** When the user connected it; seconds since the Unix epoch. */
  readonly connectedAt: number
  /** When tokens were last issued; seconds since the Unix epoch, accurate to the hour. `undefined` for never. */
  readonly lastUsedAt: number | undefined
}

/** A scope of a connection. */
export interface ConnectedScope {
  /** The permission code, for example `interview:read`. */
  readonly scope: string
  /** The description in the catalogue, for example `See your interviews and their results`. */
  readonly description: string
  /** Whether the catalogue calls it sensitive. */
  readonly isSensitive: boolean
  /** When it was first granted; seconds since the Unix epoch. */
  readonly grantedAt: number
}

/** Creates the connection of a consent and the current client. */
export function connectionOf(
  consent: Consent,
  client: Client,
  catalogue: ScopeCatalogue,
): Connection {
  const { clientId, name, clientUri, logoUrl, tosUri, policyUri } = client
  const { createdAt: connectedAt, lastUsedAt } = consent
  const scopes = consent.scopes.filter(({ scope }) => client.scopes.includes(scope))
  return {
    ...{ clientId, name, clientUri, logoUrl, tosUri, policyUri, connectedAt, lastUsedAt },
    scopes: scopes.map(({ scope, grantedAt }) => ({
      scope,
      ...describeScope(scope, catalogue),
      grantedAt,
    })),
  }
}
