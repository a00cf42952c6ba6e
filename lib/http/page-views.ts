import type { Connection } from '../connections/connection.ts'
import type { PageLanguage } from '../pages/languages/page-language.ts'
import type { ClientLink, ClientView, ScopeView } from '../pages/pages.ts'
import { describeScope, type ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Client } from '../storage/client.ts'

/** Creates the view of a client for the pages. */
export function clientViewOf(client: Client, redirectUri: string): ClientView {
  const { name, clientUri, logoUrl, tosUri, policyUri } = client
  return { name, clientUri, logoUrl, tosUri, policyUri, redirectHost: hostOf(redirectUri) }
}

/** For a private-use scheme, which has no host, the scheme itself (RFC 8252 §7.1). */
function hostOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? host : protocol.slice(0, -1)
}

/**
 * Creates the link back to a client: its home page, or else the origin or scheme of a redirect URI.
 */
export function clientLinkOf(
  { name, clientUri, redirectUris }: Client,
  redirectUri: string | undefined = redirectUris[0],
): ClientLink | undefined {
  const url = clientUri ?? (redirectUri === undefined ? undefined : startOf(redirectUri))
  return url === undefined ? undefined : { name, url }
}

function startOf(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri)
  return `${origin === 'null' ? protocol : origin}/`
}

/** Creates the views of scopes, with their descriptions. `openid` has none: the page itself says what it means. */
export function scopeViewsOf(
  scopes: ReadonlyArray<string>,
  catalogue: ScopeCatalogue,
  { tag }: PageLanguage,
): ReadonlyArray<ScopeView> {
  const shown = scopes.filter((scope) => scope !== 'openid')
  return shown.map((scope) => ({ scope, ...describeScope(scope, catalogue, tag) }))
}

/** Describes the scopes of connections in a language. */
export function inLanguage(
  connections: ReadonlyArray<Connection>,
  catalogue: ScopeCatalogue,
  { tag }: PageLanguage,
): ReadonlyArray<Connection> {
  return connections.map(({ scopes, ...connection }) => ({
    ...connection,
    scopes: scopes.map((scope) => ({ ...scope, ...describeScope(scope.scope, catalogue, tag) })),
  }))
}
