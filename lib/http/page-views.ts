import type { Client } from '../clients/client.ts'
import type { ClientView, ScopeView } from '../pages/pages.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'

/** What the pages show of a client. */
export function clientViewOf(client: Client, redirectUri: string): ClientView {
  const { name, clientUri, logoUrl, tosUri, policyUri } = client
  return { name, clientUri, logoUrl, tosUri, policyUri, redirectHost: new URL(redirectUri).host }
}

/** Scopes with their sentences; a scope that left the catalogue speaks for itself. */
export function scopeViewsOf(
  scopes: ReadonlyArray<string>,
  catalogue: ScopeCatalogue,
): ReadonlyArray<ScopeView> {
  return scopes.map((scope) => ({ scope, description: catalogue[scope] ?? scope }))
}
