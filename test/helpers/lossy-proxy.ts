import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A way to a server on which an answer can be lost. */
export interface LossyProxy {
  readonly socketPath: string
  /** The server's next answer is lost: the connection breaks instead. */
  loseNextAnswer(): void
  close(): Promise<void>
}

/** Listens on a Unix socket and connects to another. */
export async function startLossyProxy(targetPath: string): Promise<LossyProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'proxy-'))
  const socketPath = join(directory, 'proxy.sock')
  const sockets = new Set<Socket>()
  let losesNext = false
  const server = createServer((downstream) => {
    const upstream = createConnection(targetPath)
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
  server.listen(socketPath)
  await once(server, 'listening')
  return {
    socketPath,
    loseNextAnswer() {
      losesNext = true
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
