/**
 * The APIs that access tokens are for (RFC 8707): each with a token audience and scopes of its own.
 *
 * @module
 */

import { intersect, isSubset } from '../scopes/scope.ts'
import { isSameUri } from '../util/same-uri.ts'

/** An API that accepts access tokens: a protected resource. */
export interface ProtectedResource {
  /** Names it: the `aud` of its access tokens, and its `resource`. An absolute URI without fragment. */
  readonly audience: string
  /** Scopes that it understands, out of the catalogue. A scope may be of several resources. */
  readonly scopes: ReadonlyArray<string>
  /**
   * The `CONFIDENTIAL` clients as which the API itself asks about tokens that are for it, whoever's they
   * are, and reads what was revoked. Their ids, or what tells them. Defaults to none.
   *
   * An id is known when its client has been registered, so a host whose ids are not in its configuration
   * gives a function. It is asked at every such request; what it throws is answered with 500.
   */
  readonly resourceServerClientIds?: ReadonlyArray<string> | ResourceServerClientIds
}

/** Tells which clients are the resource servers of a resource, now. */
export type ResourceServerClientIds = () => ReadonlyArray<string> | Promise<ReadonlyArray<string>>

/** Finds a resource by its URI, however a client spells it. */
export function findResource(
  resources: ReadonlyArray<ProtectedResource>,
  uri: string,
): ProtectedResource | undefined {
  return resources.find(({ audience }) => isSameUri(audience, uri))
}

/** The resources that understand any of these scopes. */
export function resourcesFor(
  resources: ReadonlyArray<ProtectedResource>,
  scopes: ReadonlyArray<string>,
): ReadonlyArray<ProtectedResource> {
  return resources.filter((resource) => intersect(scopes, resource.scopes).length > 0)
}

/** Every scope of these resources. */
export function scopesOfAll(resources: ReadonlyArray<ProtectedResource>): ReadonlyArray<string> {
  return resources.flatMap(({ scopes }) => scopes)
}

/** What one access token is for. */
export interface Target {
  readonly audience: string
  readonly scopes: ReadonlyArray<string>
}

/**
 * What an access token is for: the first of the resources that understands all of the scopes, or else the
 * first that understands any, with the scopes that it understands.
 *
 * @returns `undefined` when none understands any of them.
 */
export function chooseTarget(
  resources: ReadonlyArray<ProtectedResource>,
  scopes: ReadonlyArray<string>,
): Target | undefined {
  const [first, ...others] = resourcesFor(resources, scopes)
  if (first === undefined) return undefined
  const all = [first, ...others].find((resource) => isSubset(scopes, resource.scopes))
  const { audience, scopes: understood } = all ?? first
  return { audience, scopes: intersect(scopes, understood) }
}

/** The resources whose resource server a client is. */
export async function resourcesServedBy(
  resources: ReadonlyArray<ProtectedResource>,
  clientId: string,
): Promise<ReadonlyArray<ProtectedResource>> {
  const isServer = await Promise.all(
    resources.map(async ({ resourceServerClientIds: ids = [] }) =>
      (typeof ids === 'function' ? await ids() : ids).includes(clientId),
    ),
  )
  return resources.filter((_resource, index) => isServer[index])
}
