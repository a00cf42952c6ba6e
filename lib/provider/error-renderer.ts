/**
 * Error pages for errors of oidc-provider.
 *
 * @module
 */

import { type Configuration, type ErrorOut, errors } from 'oidc-provider'
import { sendErrorPage } from '../http/responses.ts'
import type { ErrorKind } from '../pages/pages.ts'
import type { ServerPages } from '../pages/server-pages.ts'
import { requestStateOf } from './request-state.ts'

/** Creates oidc-provider's `renderError`. */
export function createErrorRenderer(pages: ServerPages): NonNullable<Configuration['renderError']> {
  return async (ctx, out, given) => {
    const { resumed, clientFailure } = requestStateOf(ctx)
    const error = clientFailure instanceof Error ? clientFailure : given
    const { code, description } = error === given ? wordsOf(out, given) : wordsOfFailure(error)
    if (error !== given)
      ctx.status = error instanceof errors.OIDCProviderError ? error.statusCode : 500
    const kind = kindOf(error, ctx.status)
    const client = resumed?.client
    const { ui_locales: uiLocales } = ctx.query
    const preferences = typeof uiLocales === 'string' ? { uiLocales } : {}
    const view = { kind, error: code, description, client }
    await sendErrorPage(ctx, ctx.status, pages, view, preferences)
  }
}

interface ErrorWords {
  readonly code: string
  readonly description: string | undefined
}

const wordsOf = ({ error, error_description: description }: ErrorOut, given: Error): ErrorWords =>
  given instanceof errors.InvalidClient
    ? { code: error, description: 'No application has this client_id' }
    : { code: error, description }

const wordsOfFailure = (failure: Error): ErrorWords =>
  failure instanceof errors.OIDCProviderError
    ? { code: failure.error, description: failure.error_description }
    : { code: 'server_error', description: undefined }

function kindOf(error: Error, status: number): ErrorKind {
  if (error instanceof errors.SessionNotFound) return 'request-expired'
  if (status === 503) return 'temporarily-unavailable'
  return status >= 500 ? 'server-error' : 'invalid-request'
}
