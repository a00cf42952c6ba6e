/**
 * oidc-provider with a response mode `query` that retains the query of the redirect URI (RFC 6749 §3.1.2); the
 * original one rewrites it.
 *
 * @module
 */

import { Provider } from 'oidc-provider'
import { appendToRedirectUri } from '../clients/redirect-uri.ts'
import { redirectAfterGet } from '../http/responses.ts'

type ResponseMode = Parameters<Provider['registerResponseMode']>[1]

const appendResponse: ResponseMode = (ctx, redirectUri, parameters) => {
  redirectAfterGet(ctx, appendToRedirectUri(redirectUri, parameters as Record<string, string>))
}

/** oidc-provider with our response mode `query`. */
export class QueryResponseProvider extends Provider {
  // oidc-provider registers its own modes with this method.
  override registerResponseMode(name: string, mode: ResponseMode): void {
    super.registerResponseMode(name, name === 'query' ? appendResponse : mode)
  }
}
