import type { Client } from '../clients/client.ts'
import type { Consent } from '../consent/consent.ts'
import { descriptionOf, type ScopeCatalogue } from '../scopes/scope-catalogue.ts'

/** A client that a user has connected. */
export interface Connection
  extends Pick<Client, 'clientId' | 'name' | 'clientUri' | 'logoUrl' | 'tosUri' | 'policyUri'> {
  /** What the user granted and the client may still use. Empty when that is nothing any more. */
  readonly scopes: ReadonlyArray<ConnectedScope>
  /** When the user connected it; seconds since the Unix epoch. */
  readonly connectedAt: number
  /** When it was issued tokens last, to the hour; seconds since the Unix epoch. `undefined` for never. */
  readonly lastUsedAt: number | undefined
}

/** A scope of a connection. */
export interface ConnectedScope {
  /** The permission code, for example `interview:read`. */
  readonly scope: string
  /** The catalogue's sentence, for example `See your interviews and their results`. */
  readonly description: string
  /** When it was first granted; seconds since the Unix epoch. */
  readonly grantedAt: number
}

/** What a consent permits a client as it is registered now. */
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
      description: descriptionOf(scope, catalogue),
      grantedAt,
    })),
  }
}
