/**
 * oidc-provider that sends its authorization responses to the redirect URI as it was registered; its own
 * response mode `query` rewrites the query that the URI had (RFC 6749 §3.1.2).
 *
 * @module
 */

import { Provider } from 'oidc-provider'
import { appendToRedirectUri } from '../clients/redirect-uri.ts'
import { redirectAfterGet } from '../http/responses.ts'

type ResponseMode = Parameters<Provider['registerResponseMode']>[1]

const appendResponse: ResponseMode = (ctx, redirectUri, parameters) => {
  const location = appendToRedirectUri(redirectUri, parameters as Record<string, string>)
  redirectAfterGet(ctx, location)
  ctx.set('Location', location) // Koa normalizes the URL
}

/** oidc-provider whose response mode `query` is ours. */
export class QueryResponseProvider extends Provider {
  // oidc-provider registers its own modes through this method, each name once.
  override registerResponseMode(name: string, mode: ResponseMode): void {
    super.registerResponseMode(name, name === 'query' ? appendResponse : mode)
  }
}
