import { ConfigurationError, type Issue, unknownOptions } from '../errors.ts'
import type { ArtifactKind, ArtifactStore, Storage } from './storage.ts'

/** Options of {@link createLayeredStorage}. */
export interface LayeredStorageOptions {
  /** Keeps clients, consents, codes, token families and the server's keys: Postgres, for example. */
  readonly durable: Storage
  /** Keeps pending requests, sessions and revocations: Redis, for example. */
  readonly ephemeral: Storage
}

/**
 * Makes one storage of two: what must last in one, what is gone within minutes or days in the other.
 *
 * No operation spans the two, so neither can be ahead of the other. Codes are in the durable one, where
 * redeeming one begins a token family: the clock that finds the code also judges the deadline of that.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * ```ts
 * const storage = createLayeredStorage({
 *   durable: createPostgresStorage({ pool }),
 *   ephemeral: createRedisStorage({ client }),
 * })
 * ```
 */
export function createLayeredStorage(options: LayeredStorageOptions): Storage {
  const issues = findIssues(options)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const { durable, ephemeral } = options
  return {
    clients: durable.clients,
    consents: durable.consents,
    families: durable.families,
    artifacts: routeArtifacts(durable.artifacts, ephemeral.artifacts),
    revocations: ephemeral.revocations,
    encryptedKeys: durable.encryptedKeys,
    backends: [...durable.backends, ...ephemeral.backends],
  }
}

function routeArtifacts(durable: ArtifactStore, ephemeral: ArtifactStore): ArtifactStore {
  const storeOf = (kind: ArtifactKind): ArtifactStore =>
    kind === 'AuthorizationCode' ? durable : ephemeral
  return {
    save: (kind, ...rest) => storeOf(kind).save(kind, ...rest),
    find: (kind, ...rest) => storeOf(kind).find(kind, ...rest),
    findTimed: (kind, ...rest) => storeOf(kind).findTimed(kind, ...rest),
    delete: (kind, ...rest) => storeOf(kind).delete(kind, ...rest),
  }
}

function findIssues(options: Partial<LayeredStorageOptions> | undefined): ReadonlyArray<Issue> {
  const { durable, ephemeral, ...unknown } = options ?? {}
  const issues = unknownOptions(Object.keys(unknown))
  for (const [path, storage] of Object.entries({ durable, ephemeral })) {
    if (storage?.backends === undefined) issues.push({ path, message: 'must be a Storage' })
  }
  const names = [...(durable?.backends ?? []), ...(ephemeral?.backends ?? [])].map(
    ({ name }) => name,
  )
  if (issues.length === 0 && new Set(names).size < names.length) {
    issues.push({ path: 'ephemeral', message: 'must be another storage than "durable"' })
  }
  return issues
}
