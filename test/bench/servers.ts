/**
 * Which servers are compared, on which stores and paths.
 *
 * @module
 */

/** The stores. */
export const STORES = ['memory', 'redis', 'postgres'] as const
export type StoreName = (typeof STORES)[number]

/** The servers, in the order of the columns. */
export const SERVERS = ['floor', 'base', 'ours', 'node-oauth', 'better-auth'] as const
export type ServerName = (typeof SERVERS)[number]

/** The paths, in the order of the rows. */
export const PATHS = [
  'client_credentials',
  'refresh',
  'introspect a refresh token',
  'introspect a JWT',
  'revoke',
  'authorize + code + token',
  'first sign-in and consent',
  'jwks',
  'metadata',
] as const
export type PathName = (typeof PATHS)[number]

/** Paths that ask no store for anything: they are measured in memory only. */
const STATIC_PATHS: ReadonlyArray<PathName> = ['jwks', 'metadata']

/** The paths of a store. */
export function pathsOf(store: StoreName): ReadonlyArray<PathName> {
  return PATHS.filter((path) => store === 'memory' || !STATIC_PATHS.includes(path))
}

const NO_PAGES: Partial<Record<PathName, string>> = {
  'first sign-in and consent': 'It has no pages.',
}

/** Why a server does not have a path. */
const MISSING: Readonly<Record<ServerName, Partial<Record<PathName, string>>>> = {
  floor: NO_PAGES,
  base: { 'introspect a JWT': 'It does not introspect JWTs.' },
  ours: {},
  'node-oauth': {
    ...NO_PAGES,
    'introspect a refresh token': 'It has no introspection endpoint.',
    'introspect a JWT': 'It has no introspection endpoint.',
    revoke: 'It has no revocation endpoint.',
    jwks: 'It publishes no keys.',
    metadata: 'It publishes no metadata.',
  },
  'better-auth': NO_PAGES,
}

/** Why a server is not measured, as a sentence. `undefined` when it is. */
export function reasonAgainst(
  server: ServerName,
  store: StoreName,
  path: PathName,
): string | undefined {
  if (server === 'better-auth' && store === 'redis') {
    return 'It keeps clients and tokens in an SQL database; Redis can only be a cache of its sessions.'
  }
  return MISSING[server][path]
}

/** The servers that are measured on a store and path. */
export function serversOf(store: StoreName, path: PathName): ReadonlyArray<ServerName> {
  return SERVERS.filter((server) => reasonAgainst(server, store, path) === undefined)
}
