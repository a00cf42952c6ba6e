/**
 * Checks the results of the functions in the options. An unexpected result is an error before anything uses
 * it.
 *
 * @module
 */

import { z } from 'zod'
import type { AuthorizeClient, AuthorizeStoredClient } from '../clients/client-access.ts'
import { withoutHashes } from '../clients/client-secret.ts'
import { ClientAuthorizationError } from '../errors.ts'
import type { OptionalClaim } from '../openid-connect/user-claims.ts'
import { toBrand } from '../pages/brand.ts'
import { defaultPages } from '../pages/default-pages.ts'
import { type PageLanguages, toPageLanguage } from '../pages/languages/page-language.ts'
import type { HtmlPage, Pages } from '../pages/pages.ts'
import type { PagesOptions } from '../pages/pages-options.ts'
import { createContextOf, type ServerPages } from '../pages/server-pages.ts'
import { isSecureUrl } from '../urls/secure-url.ts'
import type { HostSession } from '../users/authentication.ts'
import type { User } from '../users/user.ts'
import { type Clock, isInstant } from '../util/clock.ts'
import { callHost, checkResult, type Expectation, settleHost } from '../util/host-function.ts'
import type {
  AuthorizationServerOptions,
  SuperAdminDecision,
} from './authorization-server-options.ts'
import { isUrlOrPath, URL_OR_PATH } from './super-admin-pages-options.ts'

/** How far the clock of the host's sessions may be ahead of ours. */
const MAXIMUM_SKEW_SECONDS = 300

/** An identifier of the host: one that every store supports. */
const identifier = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed() && !text.includes('\0'))

const USER = z.object({
  userId: identifier,
  tenantId: identifier,
  name: z.string(),
  email: z.string(),
})

const pictureUrl = z.string().refine((text) => {
  const url = URL.parse(text)
  return text === '' || (url !== null && isSecureUrl(url))
})

/** The members of a user that optional claims are read from. `null` and an empty text count as absent. */
const CLAIM_MEMBERS: Readonly<Record<OptionalClaim, Readonly<Record<string, z.ZodType>>>> = {
  email_verified: { emailVerified: z.boolean().nullish() },
  picture: { picture: pictureUrl.nullish() },
  locale: { locale: z.string().nullish() },
  zoneinfo: { zoneinfo: z.string().nullish() },
  updated_at: { updatedAt: z.number().refine(isInstant).nullish() },
}

/** @param claims The optional claims that are read from it; of other members, nothing is expected. */
function userExpectation(claims: ReadonlyArray<OptionalClaim>): Expectation<User | undefined> {
  const members = Object.assign({}, ...claims.map((claim) => CLAIM_MEMBERS[claim]))
  return {
    words: 'a User (userId, tenantId, name and email), or undefined',
    schema: (claims.length === 0 ? USER : USER.and(z.object(members))).nullish(),
  }
}

const SIGNED_IN: Expectation<Awaited<ReturnType<HostSession['signedInUser']>>> = {
  words: '{ userId, authenticatedAt } with seconds since the Unix epoch, or undefined',
  schema: z
    .object({
      userId: identifier,
      authenticatedAt: z.number().refine((at) => isInstant(Math.floor(at))),
    })
    .nullish(),
}

const SIGN_IN_URL: Expectation<string> = {
  words: URL_OR_PATH,
  schema: z.string().refine(isUrlOrPath),
}

const DECISION: Expectation<SuperAdminDecision> = {
  words: '"allowed", { superAdminId }, "unauthenticated" or "forbidden"',
  schema: z.union([
    z.enum(['allowed', 'unauthenticated', 'forbidden']),
    z.strictObject({ superAdminId: identifier }),
  ]),
}

const IS_AUTHORIZED: Expectation<boolean> = { words: 'true or false', schema: z.boolean() }

const PAGE: Expectation<HtmlPage> = {
  words: '{ html, contentSecurityPolicy }, both texts',
  schema: z.object({
    html: z.string().min(1),
    // RFC 9110 §5.5: the characters of a header value.
    contentSecurityPolicy: z.string().regex(/^[\x20-\x7e]+$/),
    language: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
  }),
}

/** The functions that identify users and SuperAdmins. */
type IdentityFunctions = Pick<
  AuthorizationServerOptions,
  'findUser' | 'authenticateUser' | 'hostSession' | 'authorizeSuperAdmin' | 'superAdminPages'
>

/**
 * Wraps these functions in checks of their results.
 *
 * @param claims The optional claims that are read from users.
 */
export function checkIdentityFunctions(
  options: IdentityFunctions,
  claims: ReadonlyArray<OptionalClaim>,
  now: Clock,
): IdentityFunctions {
  const { authenticateUser, hostSession, authorizeSuperAdmin, superAdminPages } = options
  const userOrNobody = userExpectation(claims)
  return {
    async findUser(userId) {
      const user = await callHost('findUser', userOrNobody, () => options.findUser(userId))
      if (user === undefined || user.userId === userId) return user
      throw new TypeError('findUser must return the user whose userId it is given')
    },

    ...(authenticateUser && {
      authenticateUser: (credentials) =>
        callHost('authenticateUser', userOrNobody, () => authenticateUser(credentials)),
    }),

    ...(hostSession && { hostSession: checkHostSession(hostSession, now) }),

    ...(authorizeSuperAdmin && {
      authorizeSuperAdmin: (ctx) =>
        callHost('authorizeSuperAdmin', DECISION, () => authorizeSuperAdmin(ctx)),
    }),

    ...(superAdminPages && {
      superAdminPages: {
        ...superAdminPages,
        signInUrl: (request) =>
          callHost('superAdminPages.signInUrl', SIGN_IN_URL, () =>
            superAdminPages.signInUrl(request),
          ),
      },
    }),
  }
}

/**
 * Wraps `authorizeClient` in a check of its result. The host gets the client without the hashes of its secrets.
 * Without the option, every client is allowed.
 */
export function checkAuthorizeClient(given: AuthorizeClient | undefined): AuthorizeStoredClient {
  if (given === undefined) return async () => true
  return async (client, user) => {
    const call = (): unknown => given(withoutHashes(client), user)
    const result = await settleHost('authorizeClient', call).catch((cause: unknown) => {
      throw new ClientAuthorizationError({ cause })
    })
    return checkResult('authorizeClient', IS_AUTHORIZED, result)
  }
}

function checkHostSession(hostSession: HostSession, now: Clock): HostSession {
  return {
    async signedInUser(ctx) {
      const name = 'hostSession.signedInUser'
      const signedIn = await callHost(name, SIGNED_IN, () => hostSession.signedInUser(ctx))
      // Otherwise every session would count as a new sign-in and satisfy `prompt=login`.
      if (signedIn === undefined || signedIn.authenticatedAt <= now() + MAXIMUM_SKEW_SECONDS) {
        return signedIn
      }
      throw new TypeError(`${name} must return an "authenticatedAt" that is not in the future`)
    },

    signInUrl: (request) =>
      callHost('hostSession.signInUrl', SIGN_IN_URL, () => hostSession.signInUrl(request)),
  }
}

/** The pages of a server: checked renderers of the host, and the default pages for the others. */
export function checkPages(given: PagesOptions): ServerPages {
  const renderers = Object.keys(defaultPages).map((name) => [
    name,
    rendererOf(given, name as keyof Pages),
  ])
  const [first, ...others] = given.languages ?? ['en']
  const languages: PageLanguages = [toPageLanguage(first), ...others.map(toPageLanguage)]
  return Object.freeze({
    ...(Object.fromEntries(renderers) as Pages),
    languages: Object.freeze(languages),
    hasLanguages: given.languages !== undefined,
    contextOf: createContextOf(toBrand(given.brand ?? {}), languages),
  })
}

function rendererOf(given: Partial<Pages>, name: keyof Pages): (view: never) => unknown {
  const render: ((view: never) => unknown) | undefined = given[name]
  if (render === undefined) return defaultPages[name]
  return (view) => callHost(`pages.${name}`, PAGE, () => render.call(given, view))
}
