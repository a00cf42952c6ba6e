import type { Redis } from 'ioredis'

/** All keys of a server whose names begin so. */
export async function listKeys(client: Redis, prefix = ''): Promise<ReadonlyArray<string>> {
  const names: Array<string> = []
  for await (const batch of client.scanStream({ match: `${prefix}*`, count: 1000 })) {
    names.push(...(batch as ReadonlyArray<string>))
  }
  return [...new Set(names)].sort()
}

/** Everything a server holds under keys that begin so, as one text. */
export async function dumpRedis(client: Redis, prefix = ''): Promise<string> {
  const records = (await listKeys(client, prefix)).map(async (key) => {
    const type = await client.type(key)
    if (type === 'hash') return [key, await client.hgetall(key)]
    if (type === 'zset') return [key, await client.zrange(key, '0', '-1')]
    return [key, await client.get(key)]
  })
  return JSON.stringify(await Promise.all(records))
}

/** Removes what would be gone within a minute, as if it had passed. */
export async function passMinute(client: Redis, prefix: string): Promise<void> {
  const keys = await listKeys(client, prefix)
  await Promise.all(
    keys.map(async (key) => {
      const isList = key.endsWith(':consents')
      const [left, type] = await Promise.all([client.pttl(key), isList && client.type(key)])
      if (left >= 0 && left <= 60_000) await client.del(key)
      else if (type === 'zset') await makeOlder(client, key)
    }),
  )
}

/** Makes every entry of a list of consents a minute older. */
async function makeOlder(client: Redis, key: string): Promise<void> {
  const entries = await client.zrange(key, '0', '-1')
  await Promise.all(entries.map((consentId) => client.zincrby(key, -61, consentId)))
}
