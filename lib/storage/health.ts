/**
 * Whether a server can reach the backends of its storage.
 *
 * @module
 */

import type { Backend, BackendConnections } from './storage.ts'

/** The health of a server. */
export interface Health {
  /** Whether every backend responds. */
  readonly isHealthy: boolean
  /** Each backend by itself. */
  readonly backends: ReadonlyArray<BackendHealth>
}

/** The health of one backend. */
export interface BackendHealth {
  /** For people, for example `redis`. */
  readonly name: string
  /** Whether it responds. */
  readonly isReachable: boolean
  /** What failed; for operators, not for the public. `undefined` when it responds. */
  readonly error: Error | undefined
  /** Its pool of connections, before this check used one; absent when it has none that can be counted. */
  readonly connections?: BackendConnections
}

/** Pings every backend. Never rejects. */
export async function checkHealth(backends: ReadonlyArray<Backend>): Promise<Health> {
  const results = await Promise.all(backends.map(checkBackend))
  return { isHealthy: results.every(({ isReachable }) => isReachable), backends: results }
}

async function checkBackend(backend: Backend): Promise<BackendHealth> {
  const { name } = backend
  let connections: BackendConnections | undefined
  try {
    connections = backend.connections?.()
    await backend.ping()
    return { name, isReachable: true, error: undefined, ...(connections && { connections }) }
  } catch (error) {
    return {
      name,
      ...(connections && { connections }),
      isReachable: false,
      error: error instanceof Error ? error : new Error(String(error)),
    }
  }
}
