import type { Client } from '../clients/client.ts'
import type { ClientLink, ClientView, ScopeView } from '../pages/pages.ts'
import { descriptionOf, type ScopeCatalogue } from '../scopes/scope-catalogue.ts'

/** What the pages show of a client. */
export function clientViewOf(client: Client, redirectUri: string): ClientView {
  const { name, clientUri, logoUrl, tosUri, policyUri } = client
  return { name, clientUri, logoUrl, tosUri, policyUri, redirectHost: hostOf(redirectUri) }
}

/** An app's own scheme (RFC 8252 §7.1) has no host; it is a domain name written backwards. */
function hostOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? host : protocol.slice(0, -1)
}

/**
 * The way back to a client: its home page or, if it has none, the start of the site or the app that a
 * redirect URI belongs to.
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

/** Scopes with their sentences. */
export function scopeViewsOf(
  scopes: ReadonlyArray<string>,
  catalogue: ScopeCatalogue,
): ReadonlyArray<ScopeView> {
  return scopes.map((scope) => ({ scope, description: descriptionOf(scope, catalogue) }))
}
