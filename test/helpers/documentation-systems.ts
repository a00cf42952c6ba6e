/**
 * What the programs of the documentation talk to: stores and an authorization server, all of them real.
 *
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegisteredClient } from '@teamcast/oauth-server'
import { migrateToLatest } from '@teamcast/oauth-server/postgres'
import { startTestServer, type TestServer } from '@teamcast/oauth-server/testing'
import { createDatabase } from './create-database.ts'
import type { Environment } from './documentation-project.ts'
import { findFreePort } from './free-port.ts'
import { startPostgres } from './start-postgres.ts'
import { makeDirectory, type RunningProcess, startProcess } from './start-process.ts'
import { startRedis } from './start-redis.ts'
import { startRedisCluster } from './start-redis-cluster.ts'
import { createTestCertificate } from './test-certificate.ts'

const HOST = '127.0.0.1'
const ISSUER = 'https://mayaapi.teamcast.ai'
const INTERVIEW_API = 'https://interviews.teamcast.ai'

/** What pages write, and what has to stand there on this machine. */
export type Replacements = ReadonlyArray<readonly [written: string, here: string]>

/** The systems, running. */
export interface DocumentationSystems {
  /** The variables that the pages read. */
  readonly environment: Environment
  readonly replacements: Replacements
  /** An `Authorization` header with a token for the audience that pages give to an API. */
  authorizationFor(audience: string): Promise<string>
  stop(): Promise<void>
}

/** Starts them. */
export async function startDocumentationSystems(): Promise<DocumentationSystems> {
  const cache = await makeDirectory('compile-cache')
  const redisPort = await findFreePort()
  const redisTlsPort = await findFreePort()
  const postgresPort = await findFreePort()
  const certificate = createTestCertificate()
  const keyFile = join(cache.path, 'key.pem')
  const certificateFile = join(cache.path, 'certificate.pem')
  await writeFile(keyFile, certificate.key, { mode: 0o600 })
  await writeFile(certificateFile, certificate.certificate)
  const sentinelPort = await findFreePort()
  const [postgres, redis, cluster, { issuer, api }] = await Promise.all([
    startPostgres({ tls: { port: postgresPort, certificate } }),
    startRedis([
      ...['--bind', HOST, '--port', String(redisPort)],
      ...['--tls-port', String(redisTlsPort), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', certificateFile, '--tls-key-file', keyFile],
    ]),
    startRedisCluster(),
    startIssuer(),
  ])
  const sentinel = await startSentinel(sentinelPort, redisPort)
  const { db } = await createDatabase(postgres, 'documentation', 1)
  await migrateToLatest(db) // some blocks do, some find the tables there
  await db.destroy()
  return {
    environment: {
      DATABASE_URL: `postgres://postgres@localhost:${postgresPort}/documentation`,
      REDIS_URL: `redis://${HOST}:${redisPort}`,
      REDIS_TLS_URL: `rediss://localhost:${redisTlsPort}`,
      OAUTH_SECRET: 'a secret of the documentation, of more than 32 characters',
      INTERVIEW_API_SECRET: api.clientSecret ?? '',
      NODE_COMPILE_CACHE: cache.path, // each process spares the next one's compiling
    },
    replacements: [
      [ISSUER, issuer.issuer],
      ['tc_theInterviewApi', api.client.clientId],
      ["'postgres-ca.pem'", `'${certificateFile}'`],
      ["'redis-ca.pem'", `'${certificateFile}'`],
      ...addresses('sentinel', [sentinelPort]),
      ...addresses('redis', cluster.ports),
    ],
    async authorizationFor(audience) {
      const token = await issuer.issueAccessToken({
        userId: 'ada',
        clientId: 'acme-recruiter',
        tenantId: 'acme',
        scopes: ['interview:read'],
        audience: audience === ISSUER ? issuer.issuer : audience,
      })
      return `Bearer ${token}`
    },
    async stop() {
      await Promise.all([issuer.close(), sentinel.stop(), cache.remove()])
      await Promise.all([postgres.stop(), redis.stop(), cluster.stop()])
    },
  }
}

/** `host: 'redis-1'` and so on: as many as there are, the last one again for the others. */
function addresses(name: string, ports: ReadonlyArray<number>): Replacements {
  return [0, 1, 2].map((index) => [
    `host: '${name}-${index + 1}'`,
    `host: '${HOST}', port: ${ports[index] ?? ports.at(-1)}`,
  ])
}

/** A Sentinel that knows a Redis as `oauth`. */
async function startSentinel(port: number, redisPort: number): Promise<RunningProcess> {
  const directory = await makeDirectory('sentinel')
  const file = join(directory.path, 'sentinel.conf') // it writes there
  const settings = [`bind ${HOST}`, `port ${port}`, `sentinel monitor oauth ${HOST} ${redisPort} 1`]
  await writeFile(file, settings.join('\n'))
  const running = await startProcess('redis-server', [file, '--sentinel'], /\+monitor master oauth/)
  return {
    ...running,
    async stop(signal) {
      await running.stop(signal)
      await directory.remove()
    },
  }
}

/** An authorization server with one API, which is a client too. */
async function startIssuer(): Promise<{
  readonly issuer: TestServer
  readonly api: RegisteredClient
}> {
  const issuer = await startTestServer({ audience: INTERVIEW_API })
  const api = await issuer.registerClient({
    name: 'Interview API',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read'],
    allowedGrantTypes: ['client_credentials'],
    resourceServerAudiences: [INTERVIEW_API],
  })
  return { issuer, api }
}
