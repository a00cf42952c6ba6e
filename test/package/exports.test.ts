import { exec, execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import packageJson from '../../package.json' with { type: 'json' }

/** Everything that the package exports at runtime. A change here is a change for its users. */
const EXPORTS: Readonly<Record<string, ReadonlyArray<string>>> = {
  '.': [
    'ClientAuthorizationError',
    'ClientMetadataError',
    'ClientNotFoundError',
    'ClientSecretNotFoundError',
    'ConfigurationError',
    'ConflictError',
    'IDENTITY_SCOPES',
    'OAuthServerError',
    'PreconditionFailedError',
    'SigningError',
    'StorageError',
    'TEAMCAST_SCOPES',
    'createAuthorizationServer',
    'createLayeredStorage',
    'defaultPages',
    'openManagedKeys',
    'parseIpAddress',
  ],
  './memory': ['createMemoryStorage'],
  './postgres': ['createPostgresStorage', 'migrateToLatest', 'startSweeper', 'sweepExpired'],
  './redis': ['createRedisStorage'],
  './resource-server': [
    'AmbiguousRequestError',
    'BearerTokenError',
    'ConfigurationError',
    'InsufficientScopeError',
    'InvalidAccessTokenError',
    'InvalidApiKeyError',
    'JwksUnavailableError',
    'MalformedAuthorizationError',
    'MissingAccessTokenError',
    'OAuthServerError',
    'ProtectedResourceError',
    'RevocationsUnavailableError',
    'TenantMismatchError',
    'TenantMissingError',
    'createAccessTokenVerifier',
    'createIntrospectionChecker',
    'createRevocationFeed',
    'formatBearerChallenge',
    'parseBearerToken',
    'protectedResourceMetadata',
    'requireAccessToken',
    'requireCaller',
    'requireScopes',
    'requireTenant',
  ],
  './resource-server/node': [
    'accessTokenOf',
    'callerOf',
    'protectedResourceMetadata',
    'requireAccessToken',
    'requireCaller',
    'requireScopes',
    'requireTenant',
  ],
  './storage': [
    'MAXIMUM_GRANTING_REQUESTS',
    'MAXIMUM_PENDING_EVENTS',
    'StorageError',
    'USE_RESOLUTION_SECONDS',
    'WITHDRAWAL_SECONDS',
    'driverFailure',
    'firstGrantedAt',
    'reportDriverFailures',
    'searchableText',
    'storageContract',
  ],
  './testing': ['createUserAgent', 'startTestServer'],
}

test('package.json: exports these subpaths and its own text, and nothing else', (t) => {
  t.deepEqual(
    Object.keys(packageJson.exports).sort(),
    [...Object.keys(EXPORTS), './package.json'].sort(),
  )
})

for (const [subpath, names] of Object.entries(EXPORTS)) {
  const specifier = packageJson.name + subpath.slice(1)

  test(`${specifier}: exports these names, and no default`, async (t) => {
    const module = (await import(specifier)) as object

    t.deepEqual(Object.keys(module).sort(), names)
  })
}

const ROOT = new URL('../../', import.meta.url).pathname

/** The folder with the package as it is published. */
let published: string

test.before(async () => {
  published = await realpath(await mkdtemp(join(tmpdir(), 'package-')))
  await cp(join(ROOT, 'package.json'), join(published, 'package.json'))
  await symlink(join(ROOT, 'node_modules'), join(published, 'node_modules'))
  const { env } = process
  await promisify(exec)(`${packageJson.scripts.bundle} --outdir=${published}/dist`, {
    cwd: ROOT,
    env: { ...env, PATH: `${ROOT}node_modules/.bin:${env['PATH']}` },
  })
})

test.after.always(() => rm(published, { recursive: true }))

/**
 * Imports modules, one after the other, in a process of its own.
 *
 * @param cwd The folder of the package: its sources run in this repository, and else what is published.
 *
 * @returns The URLs of all the files that the last of them loads, and none before it.
 */
async function filesLoadedBy(
  specifiers: ReadonlyArray<string>,
  cwd: string = ROOT,
): Promise<ReadonlyArray<string>> {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = new Set()
    registerHooks({
      load(url, context, nextLoad) {
        if (url.startsWith('file:')) urls.add(url)
        return nextLoad(url, context)
      },
    })
    const before = []
    for (const specifier of ${JSON.stringify(specifiers)}) {
      before.push(urls.size)
      await import(specifier)
    }
    process.stdout.write(JSON.stringify([...urls].slice(before.at(-1))))`
  const conditions = cwd === ROOT ? ['--conditions=teamcast-source'] : []
  const options = [...conditions, '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd })
  return JSON.parse(stdout)
}

const packageOf = (url: string): string | undefined =>
  /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]

/** The packages of files, without our own. */
const packagesOf = (urls: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(urls.flatMap((url) => packageOf(url) ?? []))].sort()

/** The source files, from the top of the repository, that a published file was made of. */
function sourcesOf(file: string): ReadonlyArray<string> {
  const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as {
    readonly sources: ReadonlyArray<string>
  }
  return sources.map((source) => relative(ROOT, join(dirname(file), source)))
}

for (const subpath of ['/resource-server', '/resource-server/node']) {
  test(`.${subpath}: an API loads jose and no other package, and nothing of the server`, async (t) => {
    const urls = await filesLoadedBy([packageJson.name + subpath])
    t.deepEqual(packagesOf(urls), ['jose'])
    const own = urls.filter((url) => packageOf(url) === undefined)
    const isShared = /\/lib\/(resource-server\/|scopes\/scope\.ts$|urls\/|util\/|errors\.ts$)/
    t.deepEqual(
      own.filter((url) => !isShared.test(url)),
      [],
    )

    const publishedUrls = await filesLoadedBy([packageJson.name + subpath], published)
    t.deepEqual(packagesOf(publishedUrls), ['jose'])
  })
}

test('./storage: what authors of a storage load is its own folder, errors and utilities, and no package', async (t) => {
  const urls = await filesLoadedBy([`${packageJson.name}/storage`])
  const isShared = /\/lib\/(storage\/|util\/|errors\.ts$)/
  t.deepEqual(
    urls.filter((url) => !isShared.test(url)),
    [],
  )
})

test('the server, as published: loads a few files besides those of oidc-provider, and nothing that not every host needs', async (t) => {
  const urls = await filesLoadedBy(['oidc-provider', packageJson.name], published)
  t.deepEqual(packagesOf(urls), [
    'bytes',
    'ghtml',
    'iconv-lite',
    'ipaddr.js',
    'koa-mount',
    'rate-limiter-flexible',
    'raw-body',
    'safer-buffer',
    'unpipe',
    'zod',
  ])
  const own = urls.filter((url) => packageOf(url) === undefined)
  t.true(own.length <= 20, `${own.length} files of our own`)
  t.true(urls.length <= 130, `${urls.length} files`)
  t.deepEqual(
    own
      .flatMap((url) => sourcesOf(fileURLToPath(url)))
      .filter((source) => !/^lib\/(?!testing\/|storage\/contract\/)/.test(source)),
    [],
  )
})

test('as published: every source is in one file only, so that a class is the same for all subpaths', (t) => {
  const sources = globSync('dist/**/*.js', { cwd: published }).flatMap((file) =>
    sourcesOf(join(published, file)),
  )
  t.true(sources.includes('lib/errors.ts'))
  t.deepEqual(
    sources.filter((source, index) => sources.indexOf(source) !== index),
    [],
  )
})

test('package.json: every subpath has its source, its types and its code in the same place', (t) => {
  for (const [subpath, target] of Object.entries(packageJson.exports)) {
    if (typeof target === 'string') continue
    const place = target['teamcast-source'].replace(/^\.\/|\.ts$/g, '')
    t.deepEqual(
      target,
      {
        'teamcast-source': `./${place}.ts`,
        types: `./dist/${place}.d.ts`,
        default: `./dist/${place}.js`,
      },
      subpath,
    )
  }
})

test('@teamcast/oauth-server: CommonJS can require every subpath, without a warning', async (t) => {
  const specifiers = Object.keys(EXPORTS).map((subpath) => packageJson.name + subpath.slice(1))
  const program = `for (const name of ${JSON.stringify(specifiers)}) require(name)`
  const { stderr } = await promisify(execFile)(process.execPath, [
    ...['--conditions=teamcast-source', '--input-type=commonjs', '--eval', program],
  ])
  t.is(stderr, '')
})

test('@teamcast/oauth-server: what is not exported cannot be imported', async (t) => {
  const specifiers = ['/lib/index.ts', '/provider', '/storage/contract'].map(
    (path) => packageJson.name + path,
  )
  for (const specifier of specifiers) {
    await t.throwsAsync(import(specifier), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
  }
})

const LIBRARY = new URL('../../lib/', import.meta.url).pathname

/** A folder of lib, or a file that is in none. */
const roomOf = (path: string): string => path.split('/')[0] ?? ''

/** What each folder of lib imports, types included, from which other folders. */
function importsOfFolders(): ReadonlyMap<string, ReadonlySet<string>> {
  const imports = new Map<string, Set<string>>()
  for (const file of globSync('**/*.ts', { cwd: LIBRARY })) {
    const folder = roomOf(file)
    const imported = imports.get(folder) ?? new Set()
    for (const [, path = ''] of readFileSync(LIBRARY + file, 'utf8').matchAll(
      /\bfrom '(\.[^']+)'/g,
    )) {
      imported.add(roomOf(join(dirname(file), path)))
    }
    imported.delete(folder)
    imports.set(folder, imported)
  }
  return imports
}

test('lib: folders import each other in one direction only, types included', (t) => {
  const imports = new Map(importsOfFolders())
  t.true(imports.get('endpoints')?.has('grants'))
  // Takes away the folders that import none of the rest, until nothing or only circles are left.
  let lowest: ReadonlyArray<string>
  do {
    lowest = [...imports].flatMap(([folder, imported]) =>
      [...imported].some((other) => imports.has(other)) ? [] : [folder],
    )
    for (const folder of lowest) imports.delete(folder)
  } while (lowest.length > 0)
  t.deepEqual([...imports.keys()], [])
})
