import test from 'ava'
import packageJson from '../../package.json' with { type: 'json' }

/** Everything that the package exports at runtime. A change here is a change for its users. */
const EXPORTS: Readonly<Record<string, ReadonlyArray<string>>> = {
  '.': [
    'ClientMetadataError',
    'ClientNotFoundError',
    'ClientSecretNotFoundError',
    'ConfigurationError',
    'ConflictError',
    'OAuthServerError',
    'PreconditionFailedError',
    'SigningError',
    'StorageError',
    'TEAMCAST_SCOPES',
    'USE_RESOLUTION_SECONDS',
    'createAuthorizationServer',
    'createLayeredStorage',
    'defaultPages',
    'openManagedKeys',
    'searchableText',
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
  './testing': ['createUserAgent', 'startTestServer', 'storageContract'],
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

test('@teamcast/oauth-server: what is not exported cannot be imported', async (t) => {
  const specifiers = ['/lib/index.ts', '/provider', '/storage'].map(
    (path) => packageJson.name + path,
  )
  for (const specifier of specifiers) {
    await t.throwsAsync(import(specifier), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
  }
})
