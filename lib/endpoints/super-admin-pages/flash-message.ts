/**
 * The flash message of the SuperAdmin pages, in their cookie.
 *
 * @module
 */

import type { Context } from 'koa'
import type { PageCookies } from '../../http/page-cookies.ts'
import { SUPER_ADMIN_ENGLISH } from '../../pages/languages/super-admin-english.ts'
import type { SuperAdminFlashMessage } from '../../pages/super-admin/views.ts'

/** Sets the message. */
export type SetFlashMessage = (kind: SuperAdminFlashMessage['kind'], clientName?: string) => void

/** Creates the function that sets the message for the next page. */
export function setFlashMessage(
  cookies: PageCookies,
  ctx: Context,
  maximumSeconds?: number,
): SetFlashMessage {
  return (kind, clientName = '') => {
    const name = Buffer.from(clientName).toString('base64url')
    cookies.setFlashMessage(ctx, `${kind}.${name}`, maximumSeconds)
  }
}

/** Takes the message. */
export function takeFlashMessage(
  cookies: PageCookies,
  ctx: Context,
): SuperAdminFlashMessage | undefined {
  const [kind = '', name = ''] = cookies.takeFlashMessage(ctx)?.split('.') ?? []
  if (!isKind(kind)) return undefined
  return { kind, clientName: Buffer.from(name, 'base64url').toString() }
}

function isKind(kind: string): kind is SuperAdminFlashMessage['kind'] {
  return Object.hasOwn(SUPER_ADMIN_ENGLISH.done, kind)
}
