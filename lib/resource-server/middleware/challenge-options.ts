/**
 * What a host adds to every challenge, so that clients find the authorization server by themselves.
 *
 * @module
 */

import { z } from 'zod'
import { ConfigurationError } from '../../errors.ts'
import { isResourceIdentifier, metadataUrlOf } from '../metadata/resource-identifier.ts'
import { SECURE_URL, urlOption } from '../verify/option-issues.ts'

/** What challenges tell beside the error. */
export interface ChallengeOptions {
  /**
   * Where the metadata of this protected resource is (RFC 9728), for the `resource_metadata` parameter
   * of every challenge. An https URL, or http for localhost, 127.0.0.1 and [::1] only.
   *
   * `true` for the place that the audience prescribes (§3.1), where `protectedResourceMetadata` serves
   * it; the audience must be a URL then.
   *
   * Middleware behind, such as `requireScopes`, writes it too.
   *
   * @see [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1)
   */
  readonly resourceMetadata?: true | URL
  /**
   * The scopes that a client should ask for, for the `scope` parameter of the 401 challenges. Only a
   * hint: `requireScopes` requires.
   *
   * @see [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
   */
  readonly scopes?: ReadonlyArray<string>
}

/** What is added to challenges. */
export interface ChallengeParameters {
  readonly resourceMetadata: string | undefined
  /** Of the 401 challenges. */
  readonly scopes: ReadonlyArray<string> | undefined
}

/** The option `resourceMetadata`. */
export const resourceMetadataOption: z.ZodType<true | URL | undefined> = z
  .union([z.literal(true), urlOption], `must be true or a URL object of an ${SECURE_URL}`)
  .optional()

/**
 * Works out what is added to the challenges of a resource server.
 *
 * @throws {@link ConfigurationError} when the place of the metadata does not follow from the audience.
 *
 * @internal
 */
export function challengeParametersOf(
  options: {
    readonly resourceMetadata?: true | URL | undefined
    readonly scopes?: ReadonlyArray<string> | undefined
  },
  audience: string,
): ChallengeParameters {
  const { resourceMetadata, scopes } = options
  if (resourceMetadata !== true) return { resourceMetadata: resourceMetadata?.href, scopes }
  if (!isResourceIdentifier(audience)) {
    const message = 'must be a URL object here: it does not follow from an audience that is no URL'
    throw new ConfigurationError([{ path: 'resourceMetadata', message }])
  }
  return { resourceMetadata: metadataUrlOf(audience).href, scopes }
}
