import { ConfigurationError, type Issue, unknownOptions } from '../errors.ts'
import {
  ARTIFACT_KINDS,
  type ArtifactData,
  type ArtifactKind,
  type ArtifactStore,
} from './artifact-store.ts'
import { createStores, STORE_KINDS, type Storage } from './storage.ts'
import { findStorageIssues } from './storage-issues.ts'

/** Options of {@link createLayeredStorage}. */
export interface LayeredStorageOptions {
  /**
   * Keeps clients, consents, authorization codes, token families, revocations and the server's keys: Postgres,
   * for example.
   */
  readonly durable: Storage
  /** Keeps pending requests and sessions: Redis, for example. */
  readonly ephemeral: Storage
}

/**
 * Combines two storages: durable records in one, ephemeral ones, which expire within minutes or days, in
 * the other.
 *
 * No operation spans the two, so neither can be ahead of the other. Authorization codes are in the durable
 * one: redeeming a code creates a token family, and one clock finds the code and judges that deadline.
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
    ...createStores((name) => options[STORE_KINDS[name].lifetime][name]),
    artifacts: routeArtifacts(durable.artifacts, ephemeral.artifacts),
    backends: [...durable.backends, ...ephemeral.backends],
  }
}

function routeArtifacts(durable: ArtifactStore, ephemeral: ArtifactStore): ArtifactStore {
  const stores = { durable, ephemeral }
  const storeOf = (kind: ArtifactKind): ArtifactStore => stores[ARTIFACT_KINDS[kind].lifetime]
  return {
    save: (kind, ...rest) => storeOf(kind).save(kind, ...rest),
    saveLatest: (kind, ...rest) => storeOf(kind).saveLatest(kind, ...rest),
    insert: (kind, ...rest) => storeOf(kind).insert(kind, ...rest),
    find: (kind, ...rest) => storeOf(kind).find(kind, ...rest),
    findTimed: (kind, ...rest) => storeOf(kind).findTimed(kind, ...rest),

    async findAll(names, now) {
      const found: Array<ArtifactData | undefined> = []
      const places = [...names.entries()]
      await Promise.all(
        Object.values(stores).map(async (store) => {
          const own = places.filter(([, { kind }]) => storeOf(kind) === store)
          if (own.length === 0) return
          const ofStore = await store.findAll(
            own.map(([, name]) => name),
            now,
          )
          for (const [index, [place]] of own.entries()) found[place] = ofStore[index]
        }),
      )
      return found
    },
  }
}

function findIssues(options: Partial<LayeredStorageOptions> | undefined): ReadonlyArray<Issue> {
  const { durable, ephemeral, ...unknown } = options ?? {}
  const issues = unknownOptions(Object.keys(unknown))
  for (const [path, storage] of Object.entries({ durable, ephemeral })) {
    for (const issue of findStorageIssues(storage)) {
      issues.push({ ...issue, path: issue.path === '' ? path : `${path}.${issue.path}` })
    }
  }
  if (issues.length > 0) return issues
  const backends = [durable, ephemeral].flatMap((storage) => storage?.backends ?? [])
  if (new Set(backends.map(({ name }) => name)).size < backends.length) {
    issues.push({ path: 'ephemeral', message: 'must be another storage than "durable"' })
  }
  return issues
}
