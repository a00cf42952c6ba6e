import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { type AuditEvent, createAuthorizationServer } from '@teamcast/oauth-server'
import { createUserAgent } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { completePages } from '../../lib/testing/authorize.ts'
import { startBrowser, type Visit } from '../helpers/browser.ts'
import {
  blocksOf,
  type CodeBlock,
  codeBlocksOf,
  codeSpansOf,
  findCodeBlock,
  readPages,
} from '../helpers/documentation.ts'
import {
  createDocumentationProject,
  type DocumentationProject,
} from '../helpers/documentation-project.ts'
import {
  type DocumentationSystems,
  type Replacements,
  startDocumentationSystems,
} from '../helpers/documentation-systems.ts'
import { findFreePort } from '../helpers/free-port.ts'
import { listen } from '../helpers/listen.ts'
import { authorizationUrl, basicCredentials } from '../helpers/requests.ts'
import type { RunningProcess } from '../helpers/start-process.ts'
import { startCaddy, startNginx } from '../helpers/start-proxy.ts'
import { ADA, startServer } from '../helpers/start-server.ts'
import { createTestCertificate } from '../helpers/test-certificate.ts'
import { validOptions } from '../helpers/valid-options.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'
const INTERVIEW_API = 'https://interviews.teamcast.ai'
const MCP_SERVER = 'https://mcp.teamcast.ai/mcp'

// Blocks that need more than to be run.
const GETTING_STARTED = 'docs/guides/getting-started.md'
const PROGRAM = 'docs/guides/deploying.md#a-program'
const REVOKED_TOKENS = 'docs/guides/protecting-an-api.md#revoked-tokens'
/** The contract suite runs on what this one makes (`test/adapters/pglite.test.ts`); making it takes seconds. */
const PGLITE = 'docs/guides/postgres.md#pglite'

/** How long a program may take to end when it is told to; in milliseconds. */
const END_WITHIN_MILLISECONDS = 240_000

/** A request to a program, and the status of its response. */
interface Probe {
  readonly path: string
  readonly status?: number
  /** The audience of the token to send. */
  readonly audience?: string
  readonly headers?: Readonly<Record<string, string>>
}

const METADATA: Probe = { path: '/.well-known/oauth-authorization-server', status: 200 }
const UNAUTHENTICATED: Probe = { path: '/', status: 401 }

/** What programs that listen are asked. One that is not here is asked for `/`, and must not fail. */
const PROBES: Readonly<Record<string, ReadonlyArray<Probe>>> = {
  'README.md#use-it': [METADATA],
  'docs/guides/mcp.md#the-mcp-server': [
    UNAUTHENTICATED,
    { path: '/', audience: MCP_SERVER, status: 405 },
    { path: '/.well-known/oauth-protected-resource/mcp', status: 200 },
  ],
  'docs/guides/hosts.md#hosts-without-koa': [METADATA, { path: '/health', status: 200 }],
  'docs/guides/hosts.md#each-framework': [METADATA, { path: '/', status: 200 }],
  'docs/guides/hosts.md#each-framework-2': [METADATA, { path: '/health', status: 200 }],
  'docs/guides/hosts.md#each-framework-3': [METADATA, { path: '/health', status: 200 }],
  'docs/guides/hosts.md#protecting-an-api': [
    { path: '/interviews', status: 401 },
    { path: '/interviews', audience: ISSUER, status: 200 },
  ],
  'docs/guides/hosts.md#protecting-an-api-2': [
    { path: '/tenants/acme/interviews', status: 401 },
    { path: '/tenants/acme/interviews', audience: ISSUER, status: 200 },
    { path: '/tenants/globex/interviews', audience: ISSUER, status: 403 },
  ],
  'docs/guides/mounting-in-koa.md#limits-of-the-http-server': [{ path: '/', status: 404 }],
  'docs/guides/mounting-in-koa.md#mounting-in-koa': [METADATA, { path: '/', status: 404 }],
  [PROGRAM]: [
    METADATA,
    { path: '/live', status: 200 },
    { path: '/ready', status: 200 },
    { path: '/health', status: 200 },
  ],
  'docs/guides/protecting-an-api.md#protecting-an-api': [
    { path: '/interviews', status: 401 },
    { path: '/interviews', audience: ISSUER, status: 200 },
  ],
  'docs/guides/protecting-an-api.md#tenants': [
    UNAUTHENTICATED,
    { path: '/', audience: ISSUER, status: 200 },
    { path: '/', audience: ISSUER, headers: { 'x-tenant-id': 'globex' }, status: 403 },
  ],
  'docs/guides/protecting-an-api.md#api-keys-too': [
    UNAUTHENTICATED,
    { path: '/', headers: { 'x-api-key': 'any', 'x-tenant-id': 'acme' }, status: 200 },
    { path: '/', headers: { 'x-api-key': 'any', 'x-tenant-id': 'globex' }, status: 401 },
  ],
  'docs/guides/protecting-an-api.md#telling-clients-where-to-go': [
    UNAUTHENTICATED,
    { path: '/.well-known/oauth-protected-resource', status: 200 },
  ],
  [REVOKED_TOKENS]: [UNAUTHENTICATED, { path: '/', audience: INTERVIEW_API, status: 200 }],
  'docs/guides/revocation.md#revocation-that-reaches-your-apis': [METADATA, UNAUTHENTICATED],
}

const pages = await readPages()
const blocks = pages.flatMap(codeBlocksOf)

const namesIn = (code: string, pattern: RegExp): ReadonlyArray<string> =>
  [...code.matchAll(pattern)].map(([, name = '']) => name)
const declared = ({ code }: CodeBlock): ReadonlyArray<string> =>
  namesIn(code, /^declare (?:const|function) (\w+)/gm)
const exported = ({ code }: CodeBlock): ReadonlyArray<string> =>
  namesIn(code, /^export (?:const|function|async function) (\w+)/gm)
const listens = ({ code }: CodeBlock): boolean => /\.listen\(|\bserve\(/.test(code)

/** The blocks that define what this one declares: as few as do. */
function preambleOf(block: CodeBlock): ReadonlyArray<CodeBlock> {
  const preamble: Array<CodeBlock> = []
  for (const name of declared(block)) {
    const defines = (other: CodeBlock): boolean => exported(other).includes(name)
    const found = preamble.some(defines) ? undefined : blocks.find(defines)
    if (found !== undefined) preamble.push(found)
  }
  return preamble
}

/** Whether a process with this block goes on until it is ended: it listens, or keeps a connection. */
const goesOn = (block: CodeBlock): boolean =>
  listens(block) ||
  /new (?:Redis|Cluster|Pool|PGlite)\(/.test(block.code) ||
  preambleOf(block).some(goesOn)

/** Programs for partners, which `test/interop` runs. */
const isForPartners = ({ id }: CodeBlock): boolean =>
  id.startsWith('docs/guides/clients/') || id.startsWith('docs/partners/')

const others = blocks.filter(
  (block) =>
    !block.id.startsWith(GETTING_STARTED) &&
    block.id !== PGLITE &&
    !block.id.endsWith('#tls') &&
    !isForPartners(block),
)
const scripts = others.filter((block) => !goesOn(block))
const services = others.filter(goesOn)

let systems: DocumentationSystems
test.before(async () => {
  systems = await startDocumentationSystems()
})
test.after.always(() => systems.stop())

async function openProject(t: ExecutionContext): Promise<DocumentationProject> {
  const project = await createDocumentationProject()
  t.teardown(() => project.remove())
  return project
}

/** Writes a block as it can run here. @returns Where it listens, if it does. */
async function writeBlock(
  project: DocumentationProject,
  { fileName, code }: CodeBlock,
  more: Replacements = [],
): Promise<string> {
  const port = await findFreePort()
  const replacements: Replacements = [
    ...more,
    ...systems.replacements,
    ['listen(3000', `listen(${port}, '127.0.0.1'`],
    ['port: 3000', `port: ${port}`],
  ]
  await project.write(
    fileName,
    replacements.reduce((text, [written, here]) => text.replaceAll(written, here), code),
  )
  return `http://127.0.0.1:${port}`
}

async function send(origin: string, { path, audience, headers }: Probe): Promise<number> {
  const token = audience && { authorization: await systems.authorizationFor(audience) }
  const { status } = await fetch(origin + path, { headers: { ...headers, ...token } })
  return status
}

/** How a process ended: its exit code, or the signal; `null` if it has not. */
async function endOf({ child }: RunningProcess): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const signal = AbortSignal.timeout(END_WITHIN_MILLISECONDS)
    await once(child, 'exit', { signal }).catch(() => undefined)
  }
  return child.exitCode ?? child.signalCode
}

async function terminate(running: RunningProcess): Promise<number | string | null> {
  running.child.kill('SIGTERM')
  return await endOf(running)
}

// One process after the other: the first fills the compile cache.

test.serial(
  'blocks that end by themselves: each runs, and nothing keeps the process alive',
  async (t) => {
    const project = await openProject(t)
    for (const block of scripts) await writeBlock(project, block)
    const running = await project.startBlocks(scripts, systems.environment)
    t.is(await endOf(running), 0)
  },
)

test.serial(
  'blocks that listen: each starts, with every storage that a page creates, and responds',
  async (t) => {
    const project = await openProject(t)
    const needed = services.flatMap(preambleOf).filter((block) => !goesOn(block))
    const listening = new Map<string, string>()
    for (const block of [...needed, ...services]) {
      const origin = await writeBlock(project, block)
      if (listens(block)) listening.set(block.id, origin)
    }
    t.deepEqual(
      Object.keys(PROBES).filter((id) => !listening.has(id)),
      [],
    )
    // Those that listen take their port once.
    const again = services.filter((block) => declared(block).includes('storage') && !listens(block))
    const inOrder = services.flatMap((block) =>
      exported(block).includes('storage') ? [block, ...again] : [block],
    )

    await project.startBlocks([...needed, ...inOrder], systems.environment)

    for (const [id, origin] of listening) {
      const probes = PROBES[id] ?? [{ path: '/' }]
      // At once, so that none meets a connection that was left idle for too long on a busy machine.
      const statuses = await Promise.all(probes.map((probe) => send(origin, probe)))
      for (const [index, { path, status }] of probes.entries()) {
        const found = statuses[index] ?? 0
        t.true(status === undefined ? found < 500 : found === status, `${id} ${path}: ${found}`)
      }
    }
  },
)

test('blocks that handle SIGTERM: each is stopped in a test below', (t) => {
  const endings = blocks.filter(({ code }) => code.includes("'SIGTERM'")).map(({ id }) => id)
  t.deepEqual(endings, [PROGRAM, REVOKED_TOKENS])
})

test.serial(
  'Deploying: on SIGTERM the program is not ready, finishes, and ends with a connection kept alive',
  async (t) => {
    const project = await openProject(t)
    const block = await findCodeBlock(PROGRAM)
    const program = [...preambleOf(block), block]
    let origin = ''
    for (const part of program) origin = await writeBlock(project, part)
    const environment = { ...systems.environment, DRAIN_MILLISECONDS: '10000' }
    const running = await project.startBlocks(program, environment)
    t.is(await send(origin, { path: '/ready' }), 200) // fetch keeps the connection
    const ended = terminate(running)
    const statuses: Array<number> = []
    while (statuses.at(-1) !== 503) statuses.push(await send(origin, { path: '/ready' }))
    t.is(await send(origin, METADATA), 200)
    t.is(await ended, 0)
  },
)

test.serial(
  'TLS: Postgres and Redis are reached with TLS, and not with another authority',
  async (t) => {
    const project = await openProject(t)
    const [overPostgres, overRedis] = await Promise.all([
      findCodeBlock('docs/guides/postgres.md#tls'),
      findCodeBlock('docs/guides/redis.md#tls'),
    ])
    const ping = { id: '', fileName: 'ping.ts', code: 'await storage.backends[0].ping()\n' }
    await project.write(ping.fileName, ping.code)
    for (const block of [overPostgres, overRedis]) await writeBlock(project, block)
    await project.startBlocks([overRedis, overPostgres, ping], systems.environment)

    const other = await project.write('other.pem', createTestCertificate().certificate)
    for (const block of [overPostgres, overRedis]) {
      const code = block.code.replace(/'\w+-ca\.pem'/, JSON.stringify(other))
      await writeBlock(project, { ...block, code })
      const blocksToRun = block === overPostgres ? [block, ping] : [block]
      await t.throwsAsync(project.startBlocks(blocksToRun, systems.environment), {
        message: /self-signed certificate/,
      })
    }
  },
)

for (const [language, startProxy] of [
  ['nginx', startNginx],
  ['caddyfile', startCaddy],
] as const) {
  test.serial(
    `Behind a proxy: ${language} passes on addresses that nobody can invent, a long state, and bodies`,
    async (t) => {
      const page = pages.find(({ path }) => path === 'docs/guides/proxies.md')
      const [block] = page === undefined ? [] : blocksOf(page, language)
      const port = await findFreePort()
      const origin = `http://127.0.0.1:${port}`
      const { promise: failure, resolve } = Promise.withResolvers<AuditEvent>()
      const server = createAuthorizationServer({
        ...validOptions(),
        issuer: origin,
        findUser: async () => ADA,
        authenticateUser: async () => ADA,
        onEvent(event) {
          if (event.type === 'client.authentication-failed') resolve(event)
        },
      })
      const registered = await server.clients.register({
        name: 'Acme Recruiter',
        clientType: 'CONFIDENTIAL',
        scopes: ['interview:read'],
        redirectUris: ['https://recruiter.acme.example/callback'],
      })
      const app = new Koa()
      app.proxy = true
      app.maxIpsCount = 1
      app.use(server.middleware())
      const listener = await listen(t)
      listener.serve(app)
      const proxy = await startProxy(block?.code ?? '', port, listener.port)
      t.teardown(() => proxy.stop())

      const state = 's'.repeat(6000)
      const callback = await completePages(authorizationUrl(origin, registered, { state }), {
        redirectUri: 'https://recruiter.acme.example/callback',
        username: ADA.email,
        password: 'any',
        userAgent: createUserAgent(),
      })
      t.is(callback.searchParams.get('state'), state)
      const refused = await fetch(`${origin}/oauth/token`, {
        method: 'POST',
        headers: {
          'x-forwarded-for': '203.0.113.9',
          authorization: basicCredentials('nobody', 'wrong'),
        },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      t.is(refused.status, 401)
      t.is((await failure).ip, '127.0.0.1')
    },
  )
}

test.serial(
  'Revoked tokens: an API whose issuer is unreachable goes on, responds 503, and stops on SIGTERM',
  async (t) => {
    const project = await openProject(t)
    const block = await findCodeBlock(REVOKED_TOKENS)
    const away = `http://127.0.0.1:${await findFreePort()}`
    const origin = await writeBlock(project, block, [[ISSUER, away]])
    const running = await project.startBlocks([block], systems.environment)
    t.is(await send(origin, { path: '/', audience: INTERVIEW_API }), 503)
    t.is(await terminate(running), 0)
  },
)

test.serial(
  'Getting started: the three files run as the page says, and a user signs in',
  async (t) => {
    const project = await openProject(t)
    const [issuerPort, port] = [String(await findFreePort()), String(await findFreePort())]
    const files = blocks.filter(({ id }) => id.startsWith(GETTING_STARTED))
    const names = ['generate-key.ts', 'server.ts', 'application.ts']
    t.is(files.length, names.length)
    for (const [index, name] of names.entries()) {
      const code = files[index]?.code ?? ''
      await project.write(name, code.replaceAll('3000', issuerPort).replaceAll('3001', port))
    }

    await promisify(execFile)(process.execPath, ['generate-key.ts'], { cwd: project.path })
    const command = /^CLIENT_ID=(\S+) CLIENT_SECRET=(\S+) node application\.ts$/
    const server = await project.startFile('server.ts', command)
    const [, CLIENT_ID = '', CLIENT_SECRET = ''] = server.readyLine
    const credentials = { CLIENT_ID, CLIENT_SECRET }
    const application = await project.startFile('application.ts', /^Open (\S+)$/, credentials)
    const url = application.readyLine[1] ?? ''

    const userAgent = createUserAgent()
    const begun = await userAgent.request(url)
    const callback = await completePages(new URL(begun.headers.get('location') ?? ''), {
      redirectUri: `${url}/callback`,
      username: 'ada@acme.test',
      password: 'correct horse battery staple',
      userAgent,
    })
    t.deepEqual(await (await userAgent.request(callback)).json(), {
      userId: 'ada',
      tenantId: 'acme',
      scopes: ['interview:read'],
      expiresIn: 900,
    })
  },
)

const mounting = pages.find(({ path }) => path === 'docs/guides/mounting-in-koa.md')

/** The paths that endpoints declare, or make of others in their routes. */
function servedPaths(): ReadonlyArray<string> {
  const files = ['lib/http/paths.ts', ...globSync('lib/endpoints/**/*.ts')]
  const sources = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const declared = sources.matchAll(/const (\w+(?:_PATH|Path)) = ['`]([^'`]+)['`]\n/g)
  const byName = new Map([...declared].map(([, name = '', path = '']) => [name, path]))
  const made = [...sources.matchAll(/\[`(\$\{\w+\}[^`]+)`,/g)].map(([, path = '']) => path)
  const resolve = (path: string): string =>
    path.replaceAll(/\$\{(\w+)\}/g, (_, name) => resolve(byName.get(name) ?? `no ${name}`))
  return [...byName.values(), ...made].map(resolve)
}

test('Mounting in Koa: lists every path and its methods', async (t) => {
  const { issuer } = await startServer(t, {
    authorizeSuperAdmin: () => 'allowed',
    superAdminPages: { signInUrl: () => '/sign-in' },
    openIdConnect: {},
  })
  const methodsOf = new Map<string, ReadonlyArray<string>>()
  const rows = mounting?.text.matchAll(/^\| ([^|]*`\/[^|]*) \| ([A-Z, ]+) \|$/gm) ?? []
  for (const [, names = '', methods = ''] of rows) {
    const listed = names.matchAll(/`(\/[^`]+)`/g)
    for (const [, path = ''] of listed) methodsOf.set(path, methods.split(', '))
  }
  const served = servedPaths()
  t.true(served.length > 10)
  t.deepEqual(
    served.filter((path) => !methodsOf.has(path)),
    [],
  )
  for (const [path, methods] of methodsOf) {
    const response = await fetch(issuer + path.replaceAll(/:\w+/g, 'x'.repeat(20)), {
      method: 'PUT',
    })
    t.is(response.status, 405, path)
    t.deepEqual(response.headers.get('allow')?.split(', ').sort(), methods.toSorted(), path)
  }
})

test('Mounting in Koa: lists every cookie', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const names = new Set<string>()
  const keep = ({ responses }: Visit): void => {
    for (const { headers } of responses) {
      for (const cookie of headers.getSetCookie()) names.add(cookie.split('=', 1)[0] ?? '')
    }
  }
  const signIn = await browser.open(authorizationUrl(issuer, confidential))
  const consent = await browser.signIn(signIn, ADA.email)
  const allowed = await browser.submit(consent, { action: 'allow' })
  const connections = await browser.open(`${issuer}/account/connections`)
  const { clientId } = confidential.client
  const disconnected = await browser.submit(connections, { action: 'disconnect', clientId })
  for (const visit of [signIn, consent, allowed, connections, disconnected]) keep(visit)

  const listed = mounting === undefined ? [] : codeSpansOf(mounting)
  for (const name of names) {
    t.true(listed.includes(`__Host-${name.replace(/^(oauth_prt_).*/, '$1…')}`), name)
  }
  t.true(names.has('oauth_session'))
})
