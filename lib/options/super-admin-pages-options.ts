/**
 * The option `superAdminPages`.
 *
 * @module
 */

import { z } from 'zod'
import { functionOption } from '../util/option-schemas.ts'

/** The pages at `/super-admin`, where SuperAdmins register, change and delete clients. */
export interface SuperAdminPagesOptions {
  /**
   * The URL of the host's page where a SuperAdmin signs in: an http or https URL, or a path from `/`. A browser for
   * which `authorizeSuperAdmin` returns `unauthenticated` is sent there. The page must redirect to `returnTo` after
   * the sign-in.
   */
  readonly signInUrl: (request: SuperAdminSignInRequest) => Promise<string> | string
  /**
   * The host's page where a SuperAdmin signs out: an http or https URL, or a path from `/`. Every page links to it. It
   * should ask first: any site can link to it, too.
   *
   * @defaultValue None: the pages offer no sign-out
   */
  readonly signOutUrl?: string
}

/** The request to the host's sign-in page of SuperAdmins. */
export interface SuperAdminSignInRequest {
  /** Absolute URL to redirect to after the sign-in: one of the SuperAdmin pages. */
  readonly returnTo: string
}

/** What {@link isUrlOrPath} accepts, in words. */
export const URL_OR_PATH =
  'an absolute http or https URL, or a path that begins with "/", in ASCII without spaces'

/**
 * Whether a text is an http or https URL, or a path from `/`. Only in ASCII: a header holds nothing else, and browsers
 * drop tabs and line breaks, which makes another host out of `/\t/host.example`.
 */
export function isUrlOrPath(text: string): boolean {
  const hasStart = /^(https?:\/\/|\/(?![/\\]))[\x21-\x7e]*$/.test(text)
  return hasStart && URL.canParse(text, 'https://host.invalid')
}

/** The schema of the option. */
export const superAdminPagesSchema: z.ZodType = z.strictObject(
  {
    signInUrl: functionOption,
    signOutUrl: z.string('must be a URL').refine(isUrlOrPath, `must be ${URL_OR_PATH}`).optional(),
  },
  'must be an object with signInUrl() and signOutUrl',
)
