/**
 * Error pages for errors of oidc-provider.
 *
 * @module
 */

import { type Configuration, errors } from 'oidc-provider'
import { sendErrorPage } from '../http/responses.ts'
import type { ErrorKind, Pages } from '../pages/pages.ts'
import { requestStateOf } from './request-state.ts'

/** Creates oidc-provider's `renderError`. */
export function createErrorRenderer(pages: Pages): NonNullable<Configuration['renderError']> {
  return async (ctx, out, error) => {
    const { error: code, error_description: given } = out
    const description =
      error instanceof errors.InvalidClient ? 'No application has this client_id' : given
    const kind = kindOf(error, ctx.status)
    await sendErrorPage(ctx, ctx.status, pages, {
      kind,
      error: code,
      description,
      client: requestStateOf(ctx).resumed?.client,
    })
  }
}

function kindOf(error: Error, status: number): ErrorKind {
  if (error instanceof errors.SessionNotFound) return 'request-expired'
  if (status === 503) return 'temporarily-unavailable'
  return status >= 500 ? 'server-error' : 'invalid-request'
}
