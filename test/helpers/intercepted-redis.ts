import type { Cluster, Redis } from 'ioredis'

/** A client like another one, that waits before each command; the command is sent when that resolves. */
export function interceptCommands<Client extends Redis | Cluster>(
  client: Client,
  beforeEach: (parameters: ReadonlyArray<unknown>) => Promise<void>,
): Client {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...parameters: ReadonlyArray<unknown>) => {
        await beforeEach(parameters)
        return await Reflect.apply(member, target, parameters)
      }
    },
  })
}

/** A client of a process that is killed after it has sent so many commands. */
export function crashAfter(client: Redis, commands: number): Redis {
  let left = commands
  return interceptCommands(client, async () => {
    if (left === 0) throw new Error('the process was killed')
    left -= 1
  })
}
