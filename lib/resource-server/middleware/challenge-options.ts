/**
 * Parameters that a host adds to every challenge, so that clients find the authorization server.
 *
 * @module
 */

import { ConfigurationError } from '../../errors.ts'
import { type Members, optional, rule } from '../../util/schema.ts'
import { isResourceIdentifier, metadataUrlOf } from '../metadata/protected-resource-metadata.ts'
import { SECURE_URL, scopesOption, urlOption } from '../options.ts'
import type { BearerChallenge } from './challenge.ts'

/** Parameters of challenges beside the error. */
export interface ChallengeOptions {
  /**
   * URL of the metadata of this protected resource (RFC 9728), for the `resource_metadata` parameter of
   * every challenge, those of `requireScopes` too. An https URL, or http for localhost, 127.0.0.1 and
   * [::1] only.
   *
   * `true` for the URL that follows from the audience (§3.1), where `protectedResourceMetadata` serves
   * it; the audience must be a URL then.
   *
   * @see [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1)
   */
  readonly resourceMetadata?: true | URL
  /**
   * The scopes that a client should request, for the `scope` parameter of the 401 challenges. Only a
   * hint: `requireScopes` requires them.
   *
   * @see [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
   */
  readonly scopes?: ReadonlyArray<string>
}

/** The parameters to add to challenges: `scopes` to those with status 401. */
export type ChallengeParameters = Pick<BearerChallenge, 'resourceMetadata' | 'scopes'>

/** The checks of {@link ChallengeOptions}. */
export const challengeOptions: Members<ChallengeOptions> = {
  resourceMetadata: optional(
    rule(
      (value) =>
        value !== true &&
        urlOption.safeParse(value).error &&
        `must be true or a URL object of an ${SECURE_URL}`,
    ),
  ),
  scopes: optional(scopesOption),
}

/**
 * Creates the parameters to add to the challenges of a resource server.
 *
 * @throws {@link ConfigurationError} when the URL of the metadata does not follow from the audience.
 */
export function challengeParametersOf(
  { resourceMetadata, scopes }: ChallengeOptions,
  audience: string,
): ChallengeParameters {
  if (resourceMetadata !== true) return { resourceMetadata: resourceMetadata?.href, scopes }
  if (!isResourceIdentifier(audience)) {
    const message = 'must be a URL object here: it does not follow from an audience that is no URL'
    throw new ConfigurationError([{ path: 'resourceMetadata', message }])
  }
  return { resourceMetadata: metadataUrlOf(audience).href, scopes }
}
