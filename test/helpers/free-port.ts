import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the ports that systems hand out themselves, so that no other test's server gets one of these.
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_000

/** Finds a port that nobody listens on. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT))
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, () => resolve(true))
    })
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
