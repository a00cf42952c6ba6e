import { once } from 'node:events'
import { type Measured, readIssuer, type StartedStore, start } from '../measured-processes.ts'
import { Connection } from '../scenarios.ts'
import type { StoreName } from '../servers.ts'
import type { Results, Task } from './messages.ts'

/** A server whose growth is measured. */
export interface GrowthServer extends Pick<Measured, 'pid' | 'stop'> {
  readonly issuer: string
  readonly store: StartedStore
  /** Opens connections, each with a user of its own. */
  connect(count: number): ReadonlyArray<Connection>
  /** Tells the server to do something. */
  perform<Name extends Task['task']>(
    task: Extract<Task, { readonly task: Name }>,
  ): Promise<Results[Name]>
}

/** Starts a server on a store. */
export async function startGrowthServer(
  storeName: StoreName,
  store: StartedStore,
): Promise<GrowthServer> {
  const { child, measured } = start('growth/server.ts', [storeName, store.connection])
  const issuer = await readIssuer(child)
  let connections = 0
  return {
    ...measured,
    issuer,
    store,
    connect: (count) =>
      Array.from({ length: count }, () => {
        connections += 1
        return new Connection(issuer, 'ours', `user-${measured.pid}-${connections}`)
      }),
    async perform(task) {
      child.send(task)
      const [result] = await once(child, 'message')
      return result
    },
  }
}
