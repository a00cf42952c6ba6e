import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

/** A name of a server: a way to it on which things go wrong. */
export interface LossyProxy {
  readonly host: string
  readonly port: number
  /** The server's next answer is lost: the connection breaks instead. */
  loseNextAnswer(): void
  /** Connections that are open stay so, but nothing comes through any more: their host vanished. */
  silence(): void
  /** Connections from now on are to another server; those that are open stay where they are. */
  switchTo(targetPath: string): void
  close(): Promise<void>
}

/** Listens on a port of 127.0.0.1 and connects to a Unix socket. */
export async function startLossyProxy(targetPath: string): Promise<LossyProxy> {
  const sockets = new Set<Socket>()
  let target = targetPath
  let losesNext = false
  const server = createServer((downstream) => {
    const upstream = createConnection(target)
    for (const [socket, other] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    downstream.pipe(upstream)
    upstream.on('data', (answer) => {
      if (losesNext) {
        losesNext = false
        upstream.destroy()
      } else downstream.write(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { address: host, port } = server.address() as AddressInfo
  return {
    host,
    port,
    loseNextAnswer() {
      losesNext = true
    },
    silence() {
      for (const socket of sockets) socket.pause()
    },
    switchTo(path) {
      target = path
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
