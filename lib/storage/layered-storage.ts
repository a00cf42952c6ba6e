import { ConfigurationError, type Issue, unknownOptions } from '../errors.ts'
import type { ArtifactKind, ArtifactStore, Storage } from './storage.ts'

/** Options of {@link createLayeredStorage}. */
export interface LayeredStorageOptions {
  /** Keeps clients, consents, codes, token families and the server's keys: Postgres, for example. */
  readonly lasting: Storage
  /** Keeps pending requests, sessions and revocations: Redis, for example. */
  readonly shortLived: Storage
}

/**
 * Makes one storage of two: what must last in one, what is gone within minutes or days in the other.
 *
 * No operation spans the two, so neither can be ahead of the other. Codes are in the lasting one, where
 * redeeming one begins a token family: the clock that finds the code also judges the deadline of that.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * ```ts
 * const storage = createLayeredStorage({
 *   lasting: createPostgresStorage({ pool }),
 *   shortLived: createRedisStorage({ client }),
 * })
 * ```
 */
export function createLayeredStorage(options: LayeredStorageOptions): Storage {
  const issues = findIssues(options)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const { lasting, shortLived } = options
  return {
    clients: lasting.clients,
    consents: lasting.consents,
    families: lasting.families,
    artifacts: routeArtifacts(lasting.artifacts, shortLived.artifacts),
    revocations: shortLived.revocations,
    sealedKeys: lasting.sealedKeys,
    backends: [...lasting.backends, ...shortLived.backends],
  }
}

function routeArtifacts(lasting: ArtifactStore, shortLived: ArtifactStore): ArtifactStore {
  const storeOf = (kind: ArtifactKind): ArtifactStore =>
    kind === 'AuthorizationCode' ? lasting : shortLived
  return {
    save: (kind, ...rest) => storeOf(kind).save(kind, ...rest),
    find: (kind, ...rest) => storeOf(kind).find(kind, ...rest),
    findTimed: (kind, ...rest) => storeOf(kind).findTimed(kind, ...rest),
    delete: (kind, ...rest) => storeOf(kind).delete(kind, ...rest),
  }
}

function findIssues(options: Partial<LayeredStorageOptions> | undefined): ReadonlyArray<Issue> {
  const { lasting, shortLived, ...unknown } = options ?? {}
  const issues = unknownOptions(Object.keys(unknown))
  for (const [path, storage] of Object.entries({ lasting, shortLived })) {
    if (storage?.backends === undefined) issues.push({ path, message: 'must be a Storage' })
  }
  const names = [...(lasting?.backends ?? []), ...(shortLived?.backends ?? [])].map(
    ({ name }) => name,
  )
  if (issues.length === 0 && new Set(names).size < names.length) {
    issues.push({ path: 'shortLived', message: 'must be another storage than "lasting"' })
  }
  return issues
}
