import type { User } from '../users/user.ts'
import type { FindAdditionalClaims } from './additional-claims.ts'
import type { OpenIdConnect } from './openid-connect-options.ts'
import { claimsOfUser } from './user-claims.ts'

/** Finds the claims about a user for an ID token or the userinfo endpoint. Those of a protocol come last: they win. */
export async function findUserClaims(
  { optionalClaims, idTokenClaims, findAdditionalClaims }: OpenIdConnect,
  user: User,
  request: Parameters<FindAdditionalClaims>[1],
): Promise<Readonly<Record<string, unknown>>> {
  const { scopes, destination } = request
  if (destination === 'id-token' && idTokenClaims === 'userinfo-only') {
    return claimsOfUser(user, [], [])
  }
  const ofUser = claimsOfUser(user, scopes, optionalClaims) // before the host gets the user
  return { ...(await findAdditionalClaims(user, request)), ...ofUser }
}
