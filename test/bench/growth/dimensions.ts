/**
 * What grows, and the paths that could notice.
 *
 * @module
 */

import { type Connection, type PreparedScenario, SCENARIOS } from '../scenarios.ts'
import type { StoreName } from '../servers.ts'
import { startStore } from '../start-store.ts'
import type { GrowthRow } from './growth-figures.ts'
import {
  CLIENT_LISTS,
  introspectFamilies,
  list,
  refreshFamilies,
  revokeFamilies,
  tokensOfAnyClient,
} from './growth-scenarios.ts'
import { type GrowthServer, startGrowthServer } from './growth-server.ts'
import { type GrowthEffort, type GrowthPath, measureGrowth, type Sized } from './measure-growth.ts'

/** The sizes of a run. */
export interface GrowthSizes {
  readonly clients: ReadonlyArray<number>
  readonly families: ReadonlyArray<number>
  readonly connections: ReadonlyArray<number>
  /** Families that are revoked in a turn. */
  readonly revocations: number
}

const CONNECTIONS = 16
/** Families of each connection that are refreshed and introspected in turn. */
const KEPT_FAMILIES = 50

type Prepare = (connection: Connection) => PreparedScenario | Promise<PreparedScenario>

/** A run on one store. Everything that was started ends with it. */
export class GrowthRun {
  readonly #store: StoreName
  readonly #effort: GrowthEffort
  readonly #tell: (row: GrowthRow) => void
  readonly #stops: Array<() => Promise<void>> = []

  /** @param tell Is told of every row. */
  constructor(store: StoreName, effort: GrowthEffort, tell: (row: GrowthRow) => void) {
    this.#store = store
    this.#effort = effort
    this.#tell = tell
  }

  /** Starts a server with a store of its own. */
  async startServer(): Promise<GrowthServer> {
    const { store, stop } = await startStore(this.#store)
    this.#stops.push(stop)
    return await this.#startServerOn(store)
  }

  async #startServerOn(store: GrowthServer['store']): Promise<GrowthServer> {
    const server = await startGrowthServer(this.#store, store)
    this.#stops.push(server.stop)
    return server
  }

  /** Ends what was started, servers before their stores. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop()
  }

  /** Clients: 10 to 100 000. */
  async measureClients(sizes: GrowthSizes['clients']): Promise<void> {
    const grown: Array<Grown> = []
    for (const size of sizes) {
      const server = await this.startServer()
      await server.perform({ task: 'add clients', count: size })
      grown.push({ size, server, connections: server.connect(CONNECTIONS) })
    }
    await this.#measure('clients', 'client_credentials', grown, SCENARIOS.client_credentials)
    await this.#measure('clients', 'refresh', grown, SCENARIOS.refresh)
    const wholeFlow = 'authorize + code + token'
    await this.#measure('clients', wholeFlow, grown, SCENARIOS[wholeFlow])
    for (const [path, query] of Object.entries(CLIENT_LISTS)) {
      await this.#measure('clients', path, grown, list(query))
    }
    const many = grown.slice(1) // ten clients are all in the cache
    const anyClient = (connection: Connection): PreparedScenario => {
      const size = many.find(({ connections }) => connections.includes(connection))?.size ?? 1
      return tokensOfAnyClient(connection, size)
    }
    await this.#measure('clients', 'client_credentials, any client', many, anyClient)
    await this.stop()
  }

  /** Live families: 10 000 to 1 000 000. */
  async measureFamilies({
    families,
    revocations,
  }: Pick<GrowthSizes, 'families' | 'revocations'>): Promise<void> {
    const { warmUps, repetitions, turns } = this.#effort
    const used = (warmUps + repetitions) * turns * revocations
    const kept = CONNECTIONS * KEPT_FAMILIES
    const tokens = new Map<Connection, { kept: Array<string>; used: Array<string> }>()
    const grown: Array<Grown> = []
    for (const size of families) {
      const server = await this.startServer()
      const known = await server.perform({ task: 'add families', count: size, tokens: used + kept })
      const connections = server.connect(CONNECTIONS)
      for (const [place, connection] of connections.entries()) {
        const own = known.filter((_, index) => index % CONNECTIONS === place)
        tokens.set(connection, { kept: own.splice(0, KEPT_FAMILIES), used: own })
      }
      grown.push({ size, server, connections })
    }
    const ofFamilies =
      (
        scenario: (connection: Connection, tokens: Array<string>) => PreparedScenario,
        which: 'kept' | 'used',
      ): Prepare =>
      (connection) =>
        scenario(connection, tokens.get(connection)?.[which] ?? [])
    await this.#measure('families', 'refresh', grown, ofFamilies(refreshFamilies, 'kept'))
    await this.#measure(
      'families',
      'introspect a refresh token',
      grown,
      ofFamilies(introspectFamilies, 'kept'),
    )
    await this.#measure(
      'families',
      'revoke',
      grown,
      ofFamilies(revokeFamilies, 'used'),
      revocations,
    )
    await this.stop()
  }

  /** Connections to one server: 1 to 256. */
  async measureConnections(sizes: GrowthSizes['connections']): Promise<void> {
    const server = await this.startServer()
    const grown = sizes.map((size) => ({ size, server, connections: server.connect(size) }))
    for (const path of ['client_credentials', 'introspect a refresh token'] as const) {
      await this.#measure('connections', path, grown, SCENARIOS[path], Math.max(...sizes))
    }
    await this.stop()
  }

  /** Servers on one store: 1 and 2. */
  async measureProcesses(): Promise<void> {
    const alone = await this.startServer()
    const others = [await this.#startServerOn(alone.store), await this.#startServerOn(alone.store)]
    const paths = [
      'client_credentials',
      'refresh',
      'introspect a refresh token',
      'authorize + code + token',
    ] as const
    for (const path of paths) {
      const sizes: Array<Sized> = []
      for (const servers of [[alone], others]) {
        const connections = servers.flatMap((server) => server.connect(CONNECTIONS))
        sizes.push({
          size: servers.length,
          servers: servers.map(({ pid }) => pid),
          store: alone.store.pid,
          scenarios: await Promise.all(connections.map(SCENARIOS[path])),
        })
      }
      await this.#record({ dimension: 'processes', path }, sizes)
    }
    await this.stop()
  }

  async #measure(
    dimension: GrowthPath['dimension'],
    path: string,
    grown: ReadonlyArray<Grown>,
    prepare: Prepare,
    stepsOfTurn?: number,
  ): Promise<void> {
    const sizes: Array<Sized> = []
    for (const { size, server, connections } of grown) {
      const scenarios = await Promise.all(connections.map(async (one) => await prepare(one)))
      sizes.push({ size, servers: [server.pid], store: server.store.pid, scenarios })
    }
    await this.#record(
      { dimension, path, ...(stepsOfTurn !== undefined && { stepsOfTurn }) },
      sizes,
    )
  }

  async #record(path: Omit<GrowthPath, 'store'>, sizes: ReadonlyArray<Sized>): Promise<void> {
    const row = await measureGrowth({ store: this.#store, ...path }, sizes, this.#effort)
    this.#tell(row)
  }
}

/** A server that has grown to a size, and connections to it. */
interface Grown {
  readonly size: number
  readonly server: GrowthServer
  readonly connections: ReadonlyArray<Connection>
}
