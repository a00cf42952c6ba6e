/**
 * Protected resources: the APIs that access tokens are for (RFC 8707).
 *
 * @module
 */

import type { Client } from '../storage/client.ts'

/** An API that accepts access tokens: a protected resource. */
export interface ProtectedResource {
  /** The `aud` of its access tokens and its resource indicator. An absolute URI without fragment. */
  readonly audience: string
  /** Scopes of the catalogue that it accepts. A scope may belong to several resources. */
  readonly scopes: ReadonlyArray<string>
}

/** A protected resource of a server with OpenID Connect. */
export interface Resource extends ProtectedResource {
  /** Identity scopes that it accepts beside one of its own scopes. Alone, they are for the userinfo endpoint. */
  readonly identityScopes?: ReadonlyArray<string>
}

/**
 * Whether two absolute URIs name the same resource: they are equal after normalization. So
 * `https://a.example` and `https://a.example/` are the same.
 */
export function isSameUri(left: string, right: string): boolean {
  const [leftUrl, rightUrl] = [URL.parse(left), URL.parse(right)]
  return leftUrl !== null && leftUrl.href === rightUrl?.href
}

const URI_CHARACTERS = /^[\x21-\x7E]+$/

/** Whether a text is an absolute URI without fragment, as a token audience is. */
export function isAbsoluteUri(text: string): boolean {
  return URL.canParse(text) && URI_CHARACTERS.test(text) && !text.includes('#')
}

/** Finds a resource by its URI. */
export function findResource(
  resources: ReadonlyArray<Resource>,
  uri: string,
): Resource | undefined {
  return resources.find(({ audience }) => audience === uri || isSameUri(audience, uri))
}

/** Those of the scopes that a resource accepts. */
export function acceptedScopes(
  { scopes: own, identityScopes = [] }: Resource,
  scopes: ReadonlyArray<string>,
): ReadonlyArray<string> {
  const acceptsAny = scopes.some((scope) => own.includes(scope))
  return acceptsAny
    ? scopes.filter((scope) => own.includes(scope) || identityScopes.includes(scope))
    : []
}

/** The resources that accept any of these scopes. */
export function resourcesFor(
  resources: ReadonlyArray<Resource>,
  scopes: ReadonlyArray<string>,
): ReadonlyArray<Resource> {
  return resources.filter((resource) => acceptedScopes(resource, scopes).length > 0)
}

/** All scopes of these resources. */
export function scopesOfAll(resources: ReadonlyArray<ProtectedResource>): ReadonlyArray<string> {
  return resources.flatMap(({ scopes }) => scopes)
}

/** Audience and scopes of an access token. */
export interface Target {
  readonly audience: string
  readonly scopes: ReadonlyArray<string>
}

/**
 * Chooses audience and scopes of an access token: the first resource that accepts all of the scopes, or else
 * the first that accepts any, with the scopes it accepts.
 *
 * @returns `undefined` when no resource accepts any of them.
 */
export function chooseTarget(
  resources: ReadonlyArray<Resource>,
  scopes: ReadonlyArray<string>,
): Target | undefined {
  const targets = resources
    .map((resource) => ({ audience: resource.audience, scopes: acceptedScopes(resource, scopes) }))
    .filter((target) => target.scopes.length > 0)
  return targets.find((target) => target.scopes.length === scopes.length) ?? targets[0]
}

/** Whether a client is registered as resource server of a resource. Never a `PUBLIC` client: it has no secret. */
export function isResourceServerOf(
  { clientType, resourceServerAudiences }: Pick<Client, 'clientType' | 'resourceServerAudiences'>,
  { audience }: ProtectedResource,
): boolean {
  return (
    clientType === 'CONFIDENTIAL' &&
    resourceServerAudiences.some((registered) => isSameUri(registered, audience))
  )
}
