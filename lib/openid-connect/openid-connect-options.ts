/**
 * The option `openIdConnect`.
 *
 * @module
 */

import { z } from 'zod'
import { USERINFO_PATH } from '../http/paths.ts'
import type { ProtectedResource } from '../resources/protected-resource.ts'
import { functionOption } from '../util/option-schemas.ts'
import {
  type AdditionalClaims,
  checkAdditionalClaims,
  type FindAdditionalClaims,
} from './additional-claims.ts'
import { IDENTITY_SCOPE_NAMES } from './identity-scopes.ts'
import { OPTIONAL_CLAIM_NAMES, type OptionalClaim } from './user-claims.ts'

/** Where the claims of `profile` and `email` stand. */
const ID_TOKEN_CLAIMS = ['granted-scopes', 'userinfo-only'] as const

/**
 * OpenID Connect: lets clients learn who signed in. An empty object turns it on with the defaults.
 *
 * @see [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html)
 */
export interface OpenIdConnectOptions {
  /**
   * The optional claims that `findUser` gives: `email_verified` (`emailVerified`), `picture`, `locale`, `zoneinfo` and
   * `updated_at` (`updatedAt`). Only these are read, checked, sent and announced as `claims_supported`.
   *
   * @defaultValue All
   */
  readonly claims?: ReadonlyArray<OptionalClaim>
  /**
   * Which claims about the user ID tokens have. `granted-scopes`: those of `profile` and `email`, if granted, and
   * those of `additionalClaims`; some client libraries read nothing else. `userinfo-only`: none of them, so that they
   * are at the userinfo endpoint only.
   *
   * @defaultValue `'granted-scopes'`
   */
  readonly idTokenClaims?: (typeof ID_TOKEN_CLAIMS)[number]
  /**
   * Returns claims of the host's own, for ID tokens and the userinfo endpoint. Their names must be namespaced, with a
   * `:` or a `/`, for example `https://teamcast.ai/role`; their values must be JSON, or `undefined` for none. Called at
   * every code exchange with `openid`, unless `idTokenClaims` is `userinfo-only`, and at every userinfo request.
   *
   * If it throws, does not return within 30 seconds or returns anything else, the response is an error, which does not
   * cost the client its code.
   *
   * @defaultValue No claims
   * @cost One call at each code exchange with `openid` and each userinfo request
   */
  readonly additionalClaims?: AdditionalClaims
}

/** The schema of the option. */
export const openIdConnectSchema: z.ZodType<unknown> = z.strictObject(
  {
    claims: z
      .array(
        z.enum(OPTIONAL_CLAIM_NAMES, `must be one of ${OPTIONAL_CLAIM_NAMES.join(', ')}`),
        'must be an array of claim names',
      )
      .optional(),
    idTokenClaims: z.enum(ID_TOKEN_CLAIMS, `must be ${ID_TOKEN_CLAIMS.join(' or ')}`).optional(),
    additionalClaims: functionOption.optional(),
  },
  'must be an object; {} turns it on',
)

/** OpenID Connect, turned on: the options with every default filled in. */
export interface OpenIdConnect {
  readonly optionalClaims: ReadonlyArray<OptionalClaim>
  readonly idTokenClaims: (typeof ID_TOKEN_CLAIMS)[number]
  readonly findAdditionalClaims: FindAdditionalClaims
  /** The userinfo endpoint as a resource: the audience of access tokens with nothing but identity scopes. */
  readonly userinfo: ProtectedResource
}

/** Fills in the defaults of a valid option. */
export function resolveOpenIdConnect(
  issuer: string,
  { claims, idTokenClaims = 'granted-scopes', additionalClaims }: OpenIdConnectOptions,
): OpenIdConnect {
  return {
    optionalClaims: [...new Set(claims ?? OPTIONAL_CLAIM_NAMES)],
    idTokenClaims,
    findAdditionalClaims: checkAdditionalClaims(additionalClaims),
    userinfo: { audience: issuer + USERINFO_PATH, scopes: IDENTITY_SCOPE_NAMES },
  }
}
