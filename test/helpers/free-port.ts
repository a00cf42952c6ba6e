import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the ports that systems hand out themselves, so that no other test's server gets one of these.
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_000

/** Finds a port that nobody listens on, and that no other test is given before this process ends. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT))
    if ((await reserve(port)) && (await isFree(port))) return port
  }
}

/**
 * Takes the UDP port of the same number, which no test serves, until this process ends: the system sees
 * to it that only one process can.
 */
async function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  socket.unref()
  const { promise: isReserved, resolve } = Promise.withResolvers<boolean>()
  socket.once('error', () => {
    socket.close()
    resolve(false)
  })
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true))
  return await isReserved
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const { promise: listens, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen(port, () => resolve(true))
  if (!(await listens)) return false
  server.close()
  await once(server, 'close')
  return true
}
