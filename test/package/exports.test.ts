import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/** Imports a module in a process of its own. @returns The URLs of all the files that this loads. */
async function filesLoadedBy(specifier: string): Promise<ReadonlyArray<string>> {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({
      load(url, context, nextLoad) {
        urls.push(url)
        return nextLoad(url, context)
      },
    })
    await import(${JSON.stringify(specifier)})
    process.stdout.write(JSON.stringify(urls.filter((url) => url.startsWith('file:'))))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=teamcast-source',
    ...['--input-type=module', '--eval', program],
  ])
  return JSON.parse(stdout)
}

const packageOf = (url: string): string | undefined =>
  /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]

for (const subpath of ['/resource-server', '/resource-server/node']) {
  test(`.${subpath}: an API loads jose and no other package, and nothing of the server`, async (t) => {
    const urls = await filesLoadedBy(packageJson.name + subpath)
    t.deepEqual([...new Set(urls.map(packageOf))].sort(), ['jose', undefined])
    const own = urls.filter((url) => packageOf(url) === undefined)
    const isShared = /\/lib\/(resource-server\/|scopes\/scope\.ts$|urls\/|util\/|errors\.ts$)/
    t.deepEqual(
      own.filter((url) => !isShared.test(url)),
      [],
    )
  })
}

test('./storage: what authors of a storage load is its own folder, errors and utilities, and no package', async (t) => {
  const urls = await filesLoadedBy(`${packageJson.name}/storage`)
  const isShared = /\/lib\/(storage\/|util\/|errors\.ts$)/
  t.deepEqual(
    urls.filter((url) => !isShared.test(url)),
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
