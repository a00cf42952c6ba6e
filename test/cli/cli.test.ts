import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  type AuditEvent,
  createAuthorizationServer,
  createLayeredStorage,
  openManagedKeys,
  type Storage,
} from '@teamcast/oauth-server'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import { startTestServer } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { decodeProtectedHeader } from 'jose'
import { Kysely, PostgresDialect } from 'kysely'
import { type Outcome, run } from '../../adapters/cli/run.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { bundle } from '../helpers/bundle.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { basicCredentials } from '../helpers/requests.ts'
import { SLOW_STORE } from '../helpers/slow-store.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { requestClientCredentials, tokensOf } from '../helpers/token-requests.ts'
import { validOptions } from '../helpers/valid-options.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SECRET = 'a secret of a test, with more than 32 characters'
const LONG_AGO = 86_400

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
test.after.always(() => Promise.all([postgres.stop(), redis.stop()]))

const urlOf = (database: string): string =>
  `postgres://postgres@/${database}?host=${encodeURIComponent(postgres.socketDirectory)}`

const CLI = join('adapters', 'cli', 'main.ts')

/**
 * Runs it as a command line does: in a process of its own.
 *
 * @param cli Its file. Defaults to all of it in one file, which starts with a third of the CPU.
 */
async function startCli(
  parameters: ReadonlyArray<string>,
  env: Record<string, string> = {},
  cli?: string,
): Promise<Outcome> {
  const { NODE_COMPILE_CACHE = '' } = process.env
  const child = spawn(process.execPath, [cli ?? (await bundle(join(ROOT, CLI))), ...parameters], {
    env: { NODE_COMPILE_CACHE, ...env },
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { code, stdout, stderr }
}

/** An empty database. */
async function createDatabase(t: ExecutionContext, name: string): Promise<Storage> {
  const admin = postgres.connect({ max: 1 })
  await admin.query(`create database ${name}`)
  await admin.end()
  const pool = postgres.connect({ database: name, max: 2 })
  t.teardown(() => pool.end())
  return createPostgresStorage({ pool })
}

test('migrate: creates the tables, says so, and says when there is nothing to do', async (t) => {
  const storage = await createDatabase(t, 'migrations')
  const first = await startCli(['migrate'], { DATABASE_URL: urlOf('migrations') })
  t.is(first.code, 0)
  t.is(first.stderr, '')
  t.is(first.stdout, 'The tables are up to date: 0001-tables.\n')
  const second = await run(['migrate'], { DATABASE_URL: urlOf('migrations') })
  t.is(second.stdout, 'The tables are up to date: nothing to do.\n')
  await t.notThrowsAsync(async () => storage.backends[0]?.ping())
  const env = { DATABASE_URL: urlOf('migrations'), DATABASE_SCHEMA: 'second' }
  t.is((await run(['migrate'], env)).stdout, first.stdout)
  const keys = await run(['keys', 'list'], env)
  t.is(keys.stdout, 'There are no keys: no instance has created any.\n')
})

test('migrate --status and --dry-run: say what is missing and what was applied, and change nothing', async (t) => {
  await createDatabase(t, 'migration_status')
  const env = { DATABASE_URL: urlOf('migration_status') }
  const output = async (...options: Array<string>): Promise<string> =>
    (await run(['migrate', ...options], env)).stdout
  for (let repeated = 0; repeated < 2; repeated += 1) {
    t.is(await output('--status'), '0001-tables  missing\n')
    t.is(await output('--dry-run'), 'Would apply: 0001-tables.\n')
  }
  t.is(await output(), 'The tables are up to date: 0001-tables.\n')
  const pool = postgres.connect({ database: 'migration_status', max: 1 })
  t.teardown(() => pool.end())
  await pool.query("update oauth.migrations set applied_at = '2026-11-28T00:00:00Z'")
  await pool.query("insert into oauth.migrations values ('0002-newer', '2026-11-29T00:00:00Z')")
  t.is(
    await output('--status'),
    '0001-tables  applied 2026-11-28T00:00:00.000Z\n' +
      '0002-newer  applied 2026-11-29T00:00:00.000Z, of a newer version\n',
  )
  t.is(await output('--dry-run'), 'The tables are up to date: nothing to do.\n')
})

test('--version: prints the version of the package', async (t) => {
  t.is((await run(['--version'], {})).stdout, `${packageJson.version}\n`)
})

const WRONG: ReadonlyArray<
  [typed: ReadonlyArray<string>, env: Record<string, string>, stderr: RegExp]
> = [
  [[], {}, /^Usage: teamcast-oauth <command>\n/],
  [['migrat'], {}, /^Usage: teamcast-oauth <command>\n.*\n\n"migrat" is not a command\n$/s],
  [['keys'], {}, /^Usage: teamcast-oauth <command>\n/],
  [['keys', 'constructor'], {}, /^Usage: teamcast-oauth <command>\n/],
  [['migrate', 'now'], {}, /^"now" is one parameter too many; see --help\n$/],
  [['migrate', '--status', '--dry-run'], {}, /^"--status" and "--dry-run" exclude each other\n$/],
  [
    ['keys', 'list', '--dry-run'],
    {},
    /^"--dry-run" is not an option of "keys list"; see --help\n$/,
  ],
  [['migrate'], {}, /^DATABASE_URL is missing: set it to the database, for example postgres:.*\n$/],
  [
    ['migrate'],
    { DATABASE_URL: 'a.b' },
    /^DATABASE_URL must begin with postgres:\/\/, for example .*\n$/,
  ],
  [
    ['keys', 'list'],
    { DATABASE_URL: 'redis://127.0.0.1:1' },
    /^DATABASE_URL must begin with .*\n$/,
  ],
  [
    ['migrate'],
    { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    /^postgres: the migration failed: .*ECONNREFUSED.*\n$/,
  ],
  [
    ['migrate'],
    { DATABASE_URL: 'postgres://127.0.0.1:1/none', DATABASE_SCHEMA: 'a.b' },
    /^"schema" must be 1 to 63 characters .*\n$/,
  ],
  [
    ['keys', 'list'],
    {},
    /^DATABASE_URL or REDIS_URL is missing: set it to the storage of the server\n$/,
  ],
  [['keys', 'list'], { REDIS_URL: 'redis://127.0.0.1:1' }, /^.*ECONNREFUSED 127\.0\.0\.1:1\n$/],
  [['keys', 'list'], { REDIS_URL: 'redis://127.0.0.1:1,redis://127.0.0.1:2' }, /^[^\n]+\n$/],
  [['keys', 'list'], { REDIS_URL: 'redis://127.0.0.1:1', REDIS_KEY_PREFIX: '{' }, /^[^\n]+\n$/],
  [['keys', 'list'], { REDIS_URL: 'http://127.0.0.1:1' }, /^REDIS_URL must begin with redis:.*\n$/],
  [
    ['clients', 'list'],
    { REDIS_URL: 'redis://127.0.0.1:1,postgres://127.0.0.1:2' },
    /^REDIS_URL must begin with redis:.*\n$/,
  ],
  [['keys', 'list', 'all'], {}, /^"all" is one parameter too many; see --help\n$/],
  [['keys', 'rotate', 'cookies'], {}, /^rotate signing or cookie; see --help\n$/],
  [['keys', 'rotate', 'signing', 'now'], {}, /^"now" is one parameter too many; see --help\n$/],
  [['keys', 'rotate', '--by'], {}, /^Option '--by <value>' argument missing\n$/],
  [['keys', 'list', '--by', 'ada'], {}, /^"--by" is not an option of "keys list"; see --help\n$/],
  [['--verbose', 'migrate'], {}, /^Unknown option '--verbose'.*\n$/],
  [['keys', 'revoke', 'a', '--for', 'ada'], {}, /^Unknown option '--for'.*\n$/],
  [['keys', 'revoke'], {}, /^say which key; "keys list" shows them\n$/],
  [['client', 'list'], {}, /^Usage: .*\n\n"client list" is not a command\n$/s],
  [['clients'], {}, /^Usage: teamcast-oauth <command>\n/],
  [['clients', 'list'], {}, /^DATABASE_URL or REDIS_URL is missing: .*; see --help\n$/],
  [['clients', 'list', '--audience', 'ALL'], {}, /^--audience must be TENANT or PLATFORM\n$/],
  [
    ['clients', 'list', '--scopes', 'a:b'],
    {},
    /^"--scopes" is not an option of "clients list".*\n$/,
  ],
  [['clients', 'show'], {}, /^say which client; "clients list" shows them\n$/],
  [['clients', 'update', 'tc_1'], {}, /^say what to change, for example --name .*; see --help\n$/],
  [
    ['clients', 'update', 'tc_1', '--audience', 'TENANT'],
    {},
    /^"--audience" is not an option.*\n$/,
  ],
  ...['soon', '2027', '12', '2027-02-31', '2027-02-31T12:00Z', 'March 2027'].map(
    (expiresAt): (typeof WRONG)[number] => [
      ['clients', 'add-secret', 'tc_1', '--expires-at', expiresAt],
      {},
      /^--expires-at must be a date, .*\n$/,
    ],
  ),
  [['clients', 'remove-secret'], {}, /^say which client; "clients list" shows them\n$/],
  [
    ['clients', 'remove-secret', 'tc_1'],
    {},
    /^say which secret with --secret-id; "clients show tc_1" shows them\n$/,
  ],
  [
    ['clients', 'remove-secret', 'tc_1', '--json'],
    {},
    /^"--json" is not an option of "clients remove-secret".*\n$/,
  ],
  [
    ['clients', 'delete', 'tc_1', '--json'],
    {},
    /^"--json" is not an option of "clients delete".*\n$/,
  ],
  [
    ['clients', 'list'],
    { OPTIONS_FILE: '/none.json' },
    /^OPTIONS_FILE "\/none\.json" cannot be read as JSON: ENOENT.*\n$/,
  ],
]
for (const [typed, env, stderr] of WRONG) {
  test(`"${typed.join(' ')}" with ${JSON.stringify(env)}: says what is wrong, and ends with 1`, async (t) => {
    // In a process of its own where what it connects to could keep that from ending.
    const output = await (Object.keys(env).length === 0 ? run(typed, env) : startCli(typed, env))
    t.is(output.code, 1)
    t.is(output.stdout, '')
    t.regex(output.stderr, stderr)
  })
}

test('an unknown command: exit code 1, and a message on stderr', async (t) => {
  const { code, stdout, stderr } = await startCli(['nonsense'], {}, join(ROOT, CLI))
  t.is(code, 1)
  t.is(stdout, '')
  t.regex(stderr, /^Usage: /)
})

test('--help: lists every command', async (t) => {
  for (const typed of [['--help'], ['help'], ['keys', '--help'], ['keys', 'list', '-h']]) {
    const { code, stdout } = await run(typed, {})
    t.is(code, 0)
    for (const command of [
      'migrate',
      'generate',
      'list',
      'rotate',
      'revoke',
      'register',
      'add-secret',
      'remove-secret',
    ]) {
      t.true(stdout.includes(command), command)
    }
  }
})

test('keys generate: prints a private key that a server takes, another one each time', async (t) => {
  const [first, second] = await Promise.all([
    run(['keys', 'generate'], {}),
    run(['keys', 'generate'], {}),
  ])
  t.is(first.code, 0)
  const key = JSON.parse(first.stdout)
  t.is(first.stdout.split('\n').length, 2)
  t.regex(key.kid, /^[\da-f]{32}$/)
  t.notThrows(() => createAuthorizationServer({ ...validOptions(), signingKeys: [key] }))
  t.not(key.kid, JSON.parse(second.stdout).kid)
})

test('without its drivers: it says which to install, and generates keys all the same', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'cli-'))
  t.teardown(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'package.json'), '{"type":"module"}')
  await mkdir(join(root, 'node_modules'))
  for (const name of ['ghtml', 'ipaddr.js', 'jose', 'koa', 'zod']) {
    await symlink(join(ROOT, 'node_modules', name), join(root, 'node_modules', name))
  }
  for (const folder of ['lib', 'adapters']) {
    await cp(join(ROOT, folder), join(root, folder), { recursive: true })
  }
  const cli = join(root, CLI)
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none' }
  const onPostgres = await startCli(['keys', 'list'], env, cli)
  t.is(onPostgres.stderr, 'a driver is missing: npm install kysely pg\n')
  t.is((await startCli(['migrate'], env, cli)).stderr, onPostgres.stderr)
  const onRedis = await startCli(['keys', 'list'], { REDIS_URL: 'redis://127.0.0.1:1' }, cli)
  t.is(onRedis.stderr, 'a driver is missing: npm install ioredis\n')
  t.is((await startCli(['keys', 'generate'], {}, cli)).code, 0)
})

const STORES: ReadonlyArray<{
  readonly name: string
  readonly env: Record<string, string>
  open(t: ExecutionContext): Promise<Storage>
}> = [
  {
    name: 'Postgres',
    env: { DATABASE_URL: urlOf('cli_keys'), REDIS_URL: 'redis://127.0.0.1:1' },
    async open(t) {
      const storage = await createDatabase(t, 'cli_keys')
      const pool = postgres.connect({ database: 'cli_keys', max: 1 })
      await migrateToLatest(new Kysely({ dialect: new PostgresDialect({ pool }) }))
      await pool.end()
      return storage
    },
  },
  {
    name: 'Redis',
    env: { REDIS_URL: redis.socketPath, REDIS_KEY_PREFIX: 'mine:' },
    open: async () => createRedisStorage({ client: redis.connect(), keyPrefix: 'mine:' }),
  },
]

for (const { name, env, open } of STORES) {
  test(`keys list, rotate and revoke on ${name}: a server then does what they print`, async (t) => {
    const storage = await open(t)
    t.is(
      (await run(['keys', 'list'], env)).stdout,
      'There are no keys: no instance has created any.\n',
    )
    // The keys are a day old, so that the next key may sign at once.
    const now = (): number => Math.floor(Date.now() / 1000)
    const yesterday = (): number => now() - LONG_AGO
    const shared = { storage, secret: SECRET, ...SLOW_STORE }
    await (await openManagedKeys({ ...shared, clock: yesterday })).stop()
    const changes: Array<Extract<AuditEvent, { type: 'key.rotated' | 'key.revoked' }>> = []
    const onEvent = (event: AuditEvent): void => {
      if (event.type === 'key.rotated' || event.type === 'key.revoked') changes.push(event)
    }
    const given = { ...shared, refreshSeconds: 1, onEvent }
    const [keys, other] = [await openManagedKeys(given), await openManagedKeys(given)]
    t.teardown(() => Promise.all([keys.stop(), other.stop()]))
    const [first, second] = keys.publishedKeys().keys.map(({ kid = '' }) => kid)
    const kidNow = async (): Promise<string | undefined> => {
      await keys.refresh()
      return decodeProtectedHeader(await keys.signJwt({}, 'at+jwt')).kid
    }

    const listed = await startCli(['keys', 'list'], env)
    t.is(listed.code, 0)
    const lines = listed.stdout.split('\n')
    t.is(lines.length, 6)
    t.regex(lines[0] ?? '', /^PURPOSE +GENERATION +STATE +KEY ID +CREATED +SIGNS FROM +RETIRES AT$/)
    t.regex(lines[1] ?? '', new RegExp(`^signing +2 +next +${second} +20[\\d:TZ -]+ -$`))
    t.regex(lines[2] ?? '', new RegExp(`^signing +1 +signing +${first} +20[\\d:TZ -]+Z$`))
    for (const key of keys.cookieKeys()) t.false(listed.stdout.includes(key))

    t.is(await kidNow(), first)
    const rotated = await run(['keys', 'rotate', '--by', 'ada'], env)
    t.regex(rotated.stdout, new RegExp(`^The signing key ${second} signs from 20[\\d:TZ-]+\\.\n$`))
    t.is(await kidNow(), second)

    const cookieKeys = keys.cookieKeys()
    t.is((await run(['keys', 'rotate', '--by=grace', 'cookie'], env)).code, 0)
    await keys.refresh()
    const [cookieKeyNow] = keys.cookieKeys()
    t.is(cookieKeyNow, cookieKeys[1])

    const revoked = await run(['keys', 'revoke', String(second)], env)
    t.regex(
      revoked.stdout,
      new RegExp(`^The signing key ${second} is revoked from 20[\\d:TZ-]+\\.\n$`),
    )
    // The next key is seconds old, too young to be known everywhere.
    t.is(await kidNow(), first)
    const unknown = await run(['keys', 'revoke', 'unknown'], env)
    t.deepEqual(unknown, { code: 1, stdout: '', stderr: 'there is no key "unknown"\n' })

    await Promise.all([keys.refresh(), other.refresh()])
    await nextTurn()
    t.deepEqual(
      changes.map(({ type, purpose, keyId }) => [type, purpose, keyId]),
      [
        ['key.rotated', 'signing', second],
        ['key.rotated', 'cookie', changes[1]?.keyId],
        ['key.revoked', 'signing', second],
      ],
    )
    t.deepEqual(
      changes.map(({ actorId }) => actorId),
      ['ada', 'grace', undefined],
    )
  })
}

const CLIENT_STORES: ReadonlyArray<{
  readonly name: string
  readonly env: Record<string, string>
  open(t: ExecutionContext): Promise<Storage>
}> = [
  {
    name: 'Postgres',
    env: { DATABASE_URL: urlOf('cli_clients') },
    open: (t) => createMigratedDatabase(t, 'cli_clients'),
  },
  {
    name: 'Redis',
    env: { REDIS_URL: redis.socketPath, REDIS_KEY_PREFIX: 'clients:' },
    open: async () => openRedis('clients:'),
  },
  {
    name: 'layered storage',
    env: {
      DATABASE_URL: urlOf('cli_layered'),
      REDIS_URL: redis.socketPath,
      REDIS_KEY_PREFIX: 'layered:',
    },
    open: async (t) =>
      createLayeredStorage({
        durable: await createMigratedDatabase(t, 'cli_layered'),
        ephemeral: openRedis('layered:'),
      }),
  },
]

const openRedis = (keyPrefix: string): Storage =>
  createRedisStorage({ client: redis.connect(), keyPrefix })

async function createMigratedDatabase(t: ExecutionContext, name: string): Promise<Storage> {
  const storage = await createDatabase(t, name)
  t.is((await run(['migrate'], { DATABASE_URL: urlOf(name) })).code, 0)
  return storage
}

for (const { name, env, open } of CLIENT_STORES) {
  test(`clients on ${name}: from the first client to its deletion, a running server follows without a restart`, async (t) => {
    const storage = await open(t)
    const { onEvent, settled } = recordEvents()
    const keys = await openManagedKeys({
      ...{ storage, secret: SECRET, ...SLOW_STORE },
      onEvent,
    })
    const server = await startTestServer({ storage, keys, ...SLOW_STORE })
    t.teardown(() => Promise.all([server.close(), keys.stop()]))
    const { issuer, clock } = server
    const cli = async (...typed: ReadonlyArray<string>): Promise<string> => {
      const { code, stdout, stderr } = await run(['clients', ...typed], env)
      t.is(stderr, '')
      t.is(code, 0)
      return stdout
    }
    t.is(await cli('list'), 'There are no such clients.\n')

    const typed = ['--name', 'Interview API', '--client-type', 'CONFIDENTIAL', '--by', 'ada']
    const fields = ['--scopes', 'interview:read', '--allowed-grant-types', 'client_credentials']
    const output = await cli('register', ...typed, ...fields)
    const [, clientId = ''] = /^client-id +(tc_\w+)$/m.exec(output) ?? []
    const [, clientSecret = ''] = /^client-secret +(tcs_\w+)$/m.exec(output) ?? []
    t.is(output.split(clientSecret).length, 2)
    const client = await server.authorizationServer.clients.find(clientId)
    t.like(client, { name: 'Interview API', audience: 'PLATFORM', redirectUris: [], version: 1 })
    if (client === undefined) return
    const api = { client, clientSecret }
    const isAuthenticated = async (secret: string): Promise<boolean> =>
      (await requestClientCredentials(server, { client, clientSecret: secret })).status === 200
    t.true(await isAuthenticated(clientSecret))
    const { access_token: token } = await tokensOf(t, await requestClientCredentials(server, api))

    // A resource server, at once.
    const feed = (): Promise<Response> =>
      fetch(`${issuer}/oauth/revocations`, {
        headers: { authorization: basicCredentials(clientId, clientSecret) },
      })
    t.is((await feed()).status, 403)
    const changes = [
      '--resource-server-audiences',
      issuer,
      '--logo-url',
      'https://api.example/l.svg',
    ]
    const changed = await cli('update', clientId, ...changes, '--access-token-ttl-seconds', '60')
    t.regex(changed, new RegExp(`^resource-server-audiences +${issuer}$`, 'm'))
    t.is((await feed()).status, 200)
    t.like(JSON.parse(await cli('show', clientId, '--json')), {
      ...{ accessTokenTtlSeconds: 60, resourceServerAudiences: [issuer], version: 2 },
      logoUrl: 'https://api.example/l.svg',
    })
    const emptied = JSON.parse(
      await cli(
        ...['update', clientId, '--resource-server-audiences', '', '--logo-url', '', '--json'],
      ),
    )
    t.deepEqual(emptied.resourceServerAudiences, [])
    t.false('logoUrl' in emptied)

    // Another secret; nothing shows one again.
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
    const added = await cli('add-secret', clientId, '--expires-at', expiresAt, '--json')
    const { clientSecret: second, secretId } = JSON.parse(added)
    // A use is recorded after its response, and the next one instead if the client was changed meanwhile.
    let used: ReadonlyArray<{ readonly lastUsedAt?: number }>
    do {
      t.true(await isAuthenticated(second))
      t.true(await isAuthenticated(clientSecret))
      used = JSON.parse(await cli('show', clientId, '--json')).secrets
    } while (!used.every(({ lastUsedAt }) => lastUsedAt !== undefined))
    const [shown, listed] = [await cli('show', clientId), await cli('list')]
    for (const text of [shown, listed, changed, await cli('list', '--json')]) {
      t.false(text.includes(second) || text.includes(clientSecret))
      t.true(text.includes(clientId))
    }
    t.regex(
      shown,
      new RegExp(`^secret +${secretId} tcs_\\w{4}… added .*, expires 20[^,]+, last used`, 'm'),
    )
    t.regex(listed, /^CLIENT ID +NAME +TYPE +AUDIENCE +TENANT +SECRETS +REGISTERED$/m)
    t.deepEqual(
      JSON.parse(await cli('list', '--name', 'interview', '--client-type', 'PUBLIC', '--json')),
      { items: [] },
    )
    const { items } = JSON.parse(await cli('list', '--json'))
    t.deepEqual(items, [JSON.parse(await cli('show', clientId, '--json'))])

    // The rotation ends: the first secret goes.
    const [{ secretId: first }] = items[0].secrets
    const remove = ['remove-secret', clientId, '--secret-id']
    t.is(
      await cli(...remove, first, '--by', 'grace'),
      `Secret "${first}" of client "${clientId}" is removed; tokens issued with it stay valid.\n`,
    )
    t.false(await isAuthenticated(clientSecret))
    t.true(await isAuthenticated(second))
    const again = await run(['clients', ...remove, first], env)
    const reason = `client "${clientId}" has no secret "${first}"`
    t.is(again.stderr, `${reason}; "clients show" shows all\n`)
    const last = await run(['clients', ...remove, secretId], env)
    t.is(last.stderr, '"secrets" must contain one that can be used: add another one first\n')
    t.deepEqual([again.code, last.code], [1, 1])

    t.is(
      await cli('delete', clientId),
      `Client "${clientId}" is deleted, and its tokens are revoked.\n`,
    )
    t.false(await isAuthenticated(second))
    t.true(await storage.revocations.has('client', clientId, clock.now()), token)

    // What was done is told once, by whichever instance looks first.
    const other = await openManagedKeys({
      ...{ storage, secret: SECRET },
      onEvent,
    })
    t.teardown(() => other.stop())
    await Promise.all([keys.refresh(), other.refresh()])
    const told = (await settled()).filter(({ type }) => type.startsWith('client.'))
    t.deepEqual(
      told.map((event) => [event.type, 'actorId' in event ? event.actorId : undefined]),
      [
        ['client.registered', 'ada'],
        ['client.updated', undefined],
        ['client.updated', undefined],
        ['client.secret-added', undefined],
        ['client.secret-removed', 'grace'],
        ['client.deleted', undefined],
      ],
    )
    t.like(told[1], {
      ...{ clientId, result: 'success', version: 1, ip: undefined },
      changedFields: ['resourceServerAudiences', 'accessTokenTtlSeconds', 'logoUrl'],
    })
    t.false(JSON.stringify(told).includes(clientSecret))
    for (const typedAgain of [
      ['show', clientId],
      ['delete', clientId],
      ['add-secret', clientId],
      ['remove-secret', clientId, '--secret-id', first],
    ]) {
      const { code, stdout, stderr } = await run(['clients', ...typedAgain], env)
      t.is(code, 1)
      t.is(stdout, '')
      t.regex(
        stderr,
        new RegExp(`^client "${clientId}" does not exist; "clients list" shows all\n$`),
      )
    }
  })
}

test('clients: without its tables, it says how to create them', async (t) => {
  await createDatabase(t, 'without_tables')
  const { code, stderr } = await run(['clients', 'list'], { DATABASE_URL: urlOf('without_tables') })
  t.is(code, 1)
  t.is(stderr, 'the tables are missing: run "teamcast-oauth migrate" first\n')
})

test('clients register: the rules of the SuperAdmin API, each problem with its option; nothing is stored', async (t) => {
  const env = { REDIS_URL: redis.socketPath, REDIS_KEY_PREFIX: 'rules:' }
  const refused = await run(
    [
      ...[
        'clients',
        'register',
        '--name',
        'x',
        '--client-type',
        'PUBLIC',
        '--scopes',
        'interview:none',
      ],
      ...['--redirect-uris', 'http://a.example', '--redirect-uris', 'https://a.example'],
      ...[
        '--access-token-ttl-seconds',
        'long',
        '--resource-server-audiences',
        'https://api.example',
      ],
    ],
    env,
  )
  t.deepEqual([refused.code, refused.stdout], [1, ''])
  t.deepEqual(refused.stderr.trimEnd().split('\n').sort(), [
    '--access-token-ttl-seconds must be a whole number of seconds',
    '--name must have at least 3 characters',
    '--redirect-uris must be https; http is for localhost, 127.0.0.1 and [::1] only',
    '--resource-server-audiences must be empty: only a CONFIDENTIAL client can be a resource server',
    '--scopes is unknown: "interview:none"',
  ])
  t.is((await run(['clients', 'list'], env)).stdout, 'There are no such clients.\n')

  const publicClient = ['--name', 'App', '--client-type', 'PUBLIC', '--scopes', 'interview:read']
  const redirect = ['--redirect-uris', 'https://a.example', '--json']
  const registered = await run(['clients', 'register', ...publicClient, ...redirect], env)
  const { clientId } = JSON.parse(registered.stdout)
  t.is(
    (await run(['clients', 'add-secret', clientId], env)).stderr,
    '"secrets" must stay empty: a PUBLIC client has no secret\n',
  )
})

test('OPTIONS_FILE: the scopes and audiences of the server are the ones that a client may name', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cli-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const file = join(directory, 'options.json')
  const env = { REDIS_URL: redis.socketPath, REDIS_KEY_PREFIX: 'file:', OPTIONS_FILE: file }
  const typed = ['--name', 'Report API', '--client-type', 'CONFIDENTIAL', '--scopes', 'report:read']
  const grants = ['--allowed-grant-types', 'client_credentials']
  const register = (audience: string): Promise<Outcome> =>
    run(['clients', 'register', ...typed, ...grants, '--resource-server-audiences', audience], env)
  const scopes = { 'report:read': 'See reports' }
  for (const options of [
    { scopes, issuer: 'https://auth.example' },
    { scopes, issuer: 'https://other.example', audience: 'https://auth.example' },
    { scopes, resources: [{ audience: 'https://auth.example', scopes: ['report:read'] }] },
  ]) {
    await writeFile(file, JSON.stringify(options))
    t.is((await register('https://auth.example')).code, 0)
    t.is(
      (await register('https://api.example')).stderr,
      "--resource-server-audiences must be https://auth.example: the audiences of this server's APIs\n",
    )
  }
  await writeFile(file, JSON.stringify({ scopes: { report: 'x' }, storage: {} }))
  t.regex(
    (await register('https://auth.example')).stderr,
    /^"scopes\.report" .*; "storage" is not an option.*\n$/,
  )
})

test('keys rotate: without keys there is nothing to rotate', async (t) => {
  t.deepEqual(await run(['keys', 'rotate'], { REDIS_URL: redis.socketPath }), {
    code: 1,
    stdout: '',
    stderr:
      'there is no next signing key yet; an instance creates one when it next reads the keys\n',
  })
})
