import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import type { StartedStore } from './measured-processes.ts'
import type { StoreName } from './servers.ts'

/** Starts a store as it runs in production. @returns How to end it. */
export async function startStore(
  name: StoreName,
): Promise<{ readonly store: StartedStore; stop(): Promise<void> }> {
  switch (name) {
    case 'redis': {
      const { socketPath, pid, stop } = await startRedis()
      return { store: { connection: socketPath, pid }, stop }
    }
    case 'postgres': {
      const { socketDirectory, pid, stop } = await startPostgres({ durable: true, onDisk: true })
      return { store: { connection: socketDirectory, pid }, stop }
    }
    case 'memory':
      return { store: { connection: '', pid: undefined }, stop: async () => undefined }
  }
}
