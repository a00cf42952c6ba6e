/**
 * What every request for a SuperAdmin page goes through: who is asking, where a form comes from, and the pages for
 * requests that are refused.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Actor } from '../../audit/audit-event.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import type { ClientReferences } from '../../clients/client-fields.ts'
import type { ClientInputRegistry } from '../../clients/client-registry.ts'
import { ClientNotFoundError, ConflictError } from '../../errors.ts'
import { readForm } from '../../http/body.ts'
import {
  csrfTokenOf,
  formOriginOf,
  isFromOurPage,
  type ShownUser,
} from '../../http/browser-binding.ts'
import type { PageCookies } from '../../http/page-cookies.ts'
import { redirectAfterGet, redirectAfterPost, sendPage } from '../../http/responses.ts'
import type { PathParameters, Route } from '../../http/route.ts'
import { isFromOtherOrigin, isFromOwnPage } from '../../http/same-origin.ts'
import { UNSEEN_SECRET_TTL_SECONDS } from '../../lifetimes.ts'
import type { SuperAdminPagesOptions } from '../../options/super-admin-pages-options.ts'
import type { HtmlPage } from '../../pages/pages.ts'
import type { ServerPages } from '../../pages/server-pages.ts'
import { renderProblemPage } from '../../pages/super-admin/problem-page.ts'
import type { SuperAdminUrls } from '../../pages/super-admin/urls.ts'
import type { ProblemView, SuperAdminContext } from '../../pages/super-admin/views.ts'
import type {
  DecideSuperAdminAccess,
  SuperAdminRefusal,
} from '../super-admin/super-admin-access.ts'
import { type SetFlashMessage, setFlashMessage, takeFlashMessage } from './flash-message.ts'
import type { Submissions } from './submissions.ts'

/**
 * Room for the longest fields of a client, escaped. Only a browser that was shown a page of ours is read from.
 */
const MAXIMUM_FORM_BYTES = 256 * 1024

/** Dependencies of the pages. */
export interface SuperAdminPagesDependencies {
  readonly issuer: string
  readonly options: SuperAdminPagesOptions
  readonly decideAccess: DecideSuperAdminAccess
  readonly clients: ClientInputRegistry
  readonly references: ClientReferences
  readonly submissions: Submissions
  readonly cookies: PageCookies
  readonly pages: ServerPages
  readonly audit: AuditLog
  readonly now: () => number
}

/** A request of a SuperAdmin. */
export interface PageRequest {
  readonly ctx: Context
  readonly parameters: PathParameters
  /** The SuperAdmin, for audit events. */
  readonly by: Actor
  /** What every page gets. */
  readonly context: SuperAdminContext
  /** The submitted form; empty for a page. */
  readonly form: URLSearchParams
  /** Sends a page. */
  readonly send: (status: number, page: HtmlPage) => void
  /** Redirects after an action, and says there what it did. */
  readonly redirectTo: (url: string, ...message: Parameters<SetFlashMessage>) => void
}

/** Handles a request of a SuperAdmin. */
export type PageHandler = (request: PageRequest) => Promise<void>

/** Creates routes' handlers. */
export interface PageGuard {
  /** Guards a page. */
  show(handler: PageHandler): Route['handle']
  /** Guards the action of a form. */
  submit(handler: PageHandler): Route['handle']
}

/** How a refusal looks, if it does not lead to the sign-in page. */
const REFUSALS = {
  forbidden: [403, 'forbidden'],
  'other-origin': [403, 'form-rejected'],
  'too-many-attempts': [429, 'too-many-attempts'],
  'address-unknown': [429, 'too-many-attempts'],
} as const satisfies Readonly<Record<string, readonly [status: number, kind: ProblemView['kind']]>>

/** A form that one of our pages sent. */
interface OwnForm {
  readonly fields: URLSearchParams
  /** Whether its page showed this SuperAdmin. */
  readonly isFrom: (by: Actor) => boolean
}

/** Creates the guard of the pages. */
export function createPageGuard(
  dependencies: SuperAdminPagesDependencies,
  urls: SuperAdminUrls,
): PageGuard {
  const { issuer, options, decideAccess, cookies, pages, audit, now } = dependencies

  function sendProblemPage(ctx: Context, status: number, kind: ProblemView['kind']): void {
    sendPage(ctx, status, renderProblemPage({ ...pages.contextOf(ctx), urls, kind }))
  }

  function rejectForm(ctx: Context): void {
    if (isFromOtherOrigin(ctx, issuer)) {
      audit.record({ type: 'super-admin.refused', reason: 'other-origin' }, ctx.ip)
    }
    sendProblemPage(ctx, 403, 'form-rejected')
  }

  async function refuse(ctx: Context, refusal: SuperAdminRefusal): Promise<void> {
    if (refusal !== 'no-credentials' && refusal !== 'unauthenticated') {
      const [status, kind] = REFUSALS[refusal]
      sendProblemPage(ctx, status, kind)
      return
    }
    const url = await options.signInUrl({ returnTo: issuer + ctx.path + ctx.search })
    if (ctx.method !== 'POST') {
      redirectAfterGet(ctx, url)
      return
    }
    setFlashMessage(cookies, ctx, UNSEEN_SECRET_TTL_SECONDS)('not-saved')
    redirectAfterPost(ctx, url)
  }

  /** Reads a form. @returns `undefined` unless one of our pages sent it, from this browser. */
  async function readOwnForm(ctx: Context): Promise<OwnForm | undefined> {
    const bindingSecret = isFromOwnPage(ctx, issuer) ? cookies.findBinding(ctx) : undefined
    if (bindingSecret === undefined) return undefined
    const fields = await readForm(ctx, MAXIMUM_FORM_BYTES)
    const csrf = fields?.get('csrf') ?? null
    if (fields === undefined || !isFromOurPage(csrf, bindingSecret)) return undefined
    const isFrom = (by: Actor): boolean =>
      formOriginOf(csrf, bindingSecret, shownOf(by)) === 'current-page'
    return { fields, isFrom }
  }

  async function handle(
    handler: PageHandler,
    ctx: Context,
    parameters: PathParameters,
    by: Actor,
    form: URLSearchParams,
  ): Promise<void> {
    const context = {
      ...pages.contextOf(ctx),
      urls,
      csrf: csrfTokenOf(cookies.bind(ctx), shownOf(by)),
      superAdminId: by.actorId,
      signOutUrl: options.signOutUrl,
      flashMessage: ctx.method === 'GET' ? takeFlashMessage(cookies, ctx) : undefined,
      now: now(),
    }
    const request: PageRequest = {
      ...{ ctx, parameters, by, context, form },
      send: (status, page) => sendPage(ctx, status, page),
      redirectTo(url, ...message) {
        setFlashMessage(cookies, ctx)(...message)
        redirectAfterPost(ctx, url)
      },
    }
    try {
      await handler(request)
    } catch (error) {
      if (error instanceof ClientNotFoundError) sendProblemPage(ctx, 404, 'client-not-found')
      else if (error instanceof ConflictError) sendProblemPage(ctx, 409, 'conflict')
      else throw error
    }
  }

  return {
    show: (handler) => async (ctx, parameters) => {
      const decision = await decideAccess(ctx)
      if (typeof decision === 'string') await refuse(ctx, decision)
      else await handle(handler, ctx, parameters, decision, new URLSearchParams())
    },

    submit: (handler) => async (ctx, parameters) => {
      const form = await readOwnForm(ctx)
      if (form === undefined) return rejectForm(ctx)
      // Only now: a session may end while a form arrives.
      const decision = await decideAccess(ctx)
      if (typeof decision === 'string') return await refuse(ctx, decision)
      if (!form.isFrom(decision)) return rejectForm(ctx)
      await handle(handler, ctx, parameters, decision, form.fields)
    },
  }
}

/** Whom a page shows. A host that does not name its SuperAdmins has one. */
function shownOf({ actorId = '' }: Actor): ShownUser {
  return { userId: actorId }
}
