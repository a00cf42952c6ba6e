/**
 * The audience of an access token that a test asks for.
 *
 * @module
 */

import { resolveOpenIdConnect } from '../openid-connect/openid-connect-options.ts'
import { type AudienceOptions, resolveResources } from '../options/resource-options.ts'
import { chooseTarget } from '../resources/protected-resource.ts'
import { TEAMCAST_SCOPES } from '../scopes/scope-catalogue.ts'

/** The audience that the server would choose for these scopes. For unknown ones, that of its first resource. */
export function audienceFor(
  options: AudienceOptions & { readonly issuer: string },
  scopes: ReadonlyArray<string>,
): string {
  const { issuer, openIdConnect, scopes: catalogue = TEAMCAST_SCOPES } = options
  const resources = resolveResources(options, Object.keys(catalogue))
  const userinfo = openIdConnect && resolveOpenIdConnect(issuer, openIdConnect).userinfo
  const target = chooseTarget([...resources, ...(userinfo ? [userinfo] : [])], scopes)
  return target?.audience ?? resources[0]?.audience ?? issuer
}
