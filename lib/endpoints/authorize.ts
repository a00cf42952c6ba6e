/**
 * `/oauth/authorize`: the authorization endpoint, which oidc-provider handles (lib/provider).
 *
 * With OpenID Connect it accepts POST, too (OIDC Core §3.1.2.1), and redirects to the same request as a GET.
 * Browsers send the cookie of the session with a GET that comes from another site, but not with a POST.
 *
 * @module
 */

import type { Context } from 'koa'
import { readForm } from '../http/body.ts'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import { redirectAfterPost, sendErrorPage } from '../http/responses.ts'
import type { Route } from '../http/route.ts'
import type { ServerPages } from '../pages/server-pages.ts'

/** Dependencies of the authorization endpoint. */
export interface AuthorizeDependencies {
  readonly issuer: string
  readonly pages: ServerPages
  readonly acceptsPost: boolean
}

/**
 * Creates the route.
 *
 * @param authorize Handles an authorization request whose parameters are in the query.
 */
export function createAuthorizeRoute(
  { issuer, pages, acceptsPost }: AuthorizeDependencies,
  authorize: (ctx: Context) => Promise<void>,
): Route {
  const methods = acceptsPost ? ['GET', 'POST'] : ['GET']
  return {
    methods,
    errorFormat: 'html',
    async handle(ctx) {
      if (ctx.method === 'GET') return await authorize(ctx)
      const form = await readForm(ctx)
      if (form !== undefined) {
        redirectAfterPost(ctx, `${issuer}${AUTHORIZE_PATH}?${form}`)
        return
      }
      await sendErrorPage(ctx, 400, pages, {
        kind: 'invalid-request',
        error: 'invalid_request',
        description: 'the parameters must be a form of at most 16 KiB',
        client: undefined,
      })
    },
  }
}
