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
  for (const key of await listKeys(client, prefix)) {
    const left = await client.pttl(key)
    if (left >= 0 && left <= 60_000) await client.del(key)
    const isList = key.endsWith(':consents') && (await client.type(key)) === 'zset'
    if (isList) await makeOlder(client, key)
  }
}

/** Makes every entry of a list of consents a minute older. */
async function makeOlder(client: Redis, key: string): Promise<void> {
  for (const consentId of await client.zrange(key, '0', '-1'))
    await client.zincrby(key, -61, consentId)
}
