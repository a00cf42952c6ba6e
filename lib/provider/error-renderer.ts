/**
 * Error pages for errors of oidc-provider.
 *
 * @module
 */

import { type Configuration, errors } from 'oidc-provider'
import { sendErrorPage } from '../http/responses.ts'
import type { ErrorKind } from '../pages/pages.ts'
import type { ServerPages } from '../pages/server-pages.ts'
import { requestStateOf } from './request-state.ts'

/** Creates oidc-provider's `renderError`. */
export function createErrorRenderer(pages: ServerPages): NonNullable<Configuration['renderError']> {
  return async (ctx, out, error) => {
    const { error: code, error_description: given } = out
    const description =
      error instanceof errors.InvalidClient ? 'No application has this client_id' : given
    const kind = kindOf(error, ctx.status)
    const { client } = requestStateOf(ctx).resumed ?? {}
    const { ui_locales: uiLocales } = ctx.query
    const preferences = typeof uiLocales === 'string' ? { uiLocales } : {}
    const view = { kind, error: code, description, client }
    await sendErrorPage(ctx, ctx.status, pages, view, preferences)
  }
}

function kindOf(error: Error, status: number): ErrorKind {
  if (error instanceof errors.SessionNotFound) return 'request-expired'
  if (status === 503) return 'temporarily-unavailable'
  return status >= 500 ? 'server-error' : 'invalid-request'
}
