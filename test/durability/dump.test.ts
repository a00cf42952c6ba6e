import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Redis } from 'ioredis'
import { createUserAgent } from '../../lib/testing/user-agent.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { type Instances, startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
test.after.always(async () => {
  await Promise.all([postgres.stop(), redis.stop()])
})

/** Everything in Redis, keys and values, as bytes. */
async function dumpRedis(): Promise<Buffer> {
  const client = new Redis(redis.socketPath)
  const parts: Array<Buffer> = []
  for (const key of await client.keys('*')) {
    parts.push(Buffer.from(key), await readRedis(client, key))
  }
  client.disconnect()
  return Buffer.concat(parts)
}

async function readRedis(client: Redis, key: string): Promise<Buffer> {
  switch (await client.type(key)) {
    case 'hash':
      return Buffer.from(JSON.stringify(await client.hgetall(key)))
    case 'zset':
      return Buffer.from(JSON.stringify(await client.zrange(key, '0', '-1')))
    default:
      return (await client.getBuffer(key)) ?? Buffer.alloc(0)
  }
}

/** Everything in Postgres, as its own tool writes it. */
async function dumpPostgres(): Promise<Buffer> {
  const [version = ''] = readdirSync('/usr/lib/postgresql').sort().reverse()
  const pgDump = join('/usr/lib/postgresql', version, 'bin', 'pg_dump')
  return execFileSync(pgDump, ['-h', postgres.socketDirectory, '-U', 'postgres', 'postgres'])
}

/** Does everything a server does, and returns every secret that anybody was given meanwhile. */
async function keepBusy(instances: Instances): Promise<ReadonlyMap<string, string>> {
  const { issuer, client } = instances
  const secrets = new Map<string, string>()
  secrets.set('the client secret', client.clientSecret ?? '')

  const userAgent = createUserAgent()
  const begun = await userAgent.request(authorizationUrl(issuer, client))
  const location = begun.headers.get('location') ?? ''
  secrets.set('a pending request token', new URL(location, issuer).searchParams.get('prt') ?? '')
  for (const { name, value } of userAgent.cookies) secrets.set(`the cookie ${name}`, value)

  const { code, codeVerifier } = await instances.authorize('ada')
  secrets.set('a code that was not redeemed', (await instances.authorize('alan')).code)
  secrets.set('a code', code).set('a code verifier', codeVerifier)
  const redeemed = await postAs(client, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code,
    code_verifier: codeVerifier,
  })
  let tokens = await redeemed.json()
  for (let rotation = 0; rotation < 3; rotation += 1) {
    secrets.set(`access token ${rotation}`, tokens.access_token)
    secrets.set(`refresh token ${rotation}`, tokens.refresh_token)
    const refreshed = await postAs(client, `${issuer}/oauth/token`, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
    })
    tokens = await refreshed.json()
  }
  await postAs(client, `${issuer}/oauth/revoke`, { token: tokens.access_token })
  secrets.set('a revoked access token', tokens.access_token)
  secrets.set('the current refresh token', tokens.refresh_token)
  return secrets
}

const STORES: ReadonlyArray<{ location: StoreLocation; dump: () => Promise<Buffer> }> = [
  { location: { kind: 'redis', socket: redis.socketPath }, dump: dumpRedis },
  {
    location: { kind: 'postgres', socketDirectory: postgres.socketDirectory },
    dump: dumpPostgres,
  },
]

for (const { location, dump } of STORES) {
  test.serial(
    `a dump of ${location.kind} after a busy run opens nothing (ADR 0006, checklist 48)`,
    async (t) => {
      const instances = await startInstances(location, { refreshTokenGraceSeconds: 60 })
      t.teardown(() => instances.stop())
      const secrets = await keepBusy(instances)

      const content = await dump()
      t.true(content.includes(instances.client.client.clientId), 'it must be a dump of this run')
      for (const [what, secret] of secrets) {
        t.true(secret.length > 20, what)
        t.false(content.includes(secret), what)
        // Nor its part that is the same in all refresh tokens of a family, nor a JWT's signature.
        t.false(content.includes(secret.slice(30, 62)), `a part of ${what}`)
        t.false(content.includes(secret.slice(-22)), `the end of ${what}`)
      }
      for (const privateMember of ['"d":', '"qi":', 'PRIVATE KEY']) {
        t.false(content.includes(privateMember), privateMember)
      }
    },
  )
}
