/**
 * The page with all options in tables.
 *
 * @module
 */

import {
  type Comment,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
  type SomeType,
} from 'typedoc'

/** The types of options, by heading. */
const SECTIONS: Readonly<Record<string, ReadonlyArray<readonly [module: string, type: string]>>> = {
  'The authorization server: `createAuthorizationServer`': [['oauth-server', 'GeneralOptions']],
  'Its keys: `keys`, or both others': [['oauth-server', 'KeyOptions']],
  'How users sign in: one of these': [['oauth-server', 'SignInOptions']],
  'What tokens are for: at most one of these': [['oauth-server', 'ResourceOptions']],
  'SuperAdmins: the API, and its pages beside it': [['oauth-server', 'SuperAdminOptions']],
  'The pages of SuperAdmins: `superAdminPages`': [['oauth-server', 'SuperAdminPagesOptions']],
  'A resource, of `resources`': [['oauth-server', 'ProtectedResource']],
  'OpenID Connect: `openIdConnect`': [['oauth-server', 'OpenIdConnectOptions']],
  'Managed keys: `openManagedKeys`': [['oauth-server', 'ManagedKeysOptions']],
  'Hosts without Koa: `server.handler`': [['oauth-server', 'NodeHandlerOptions']],
  'Layered storage: `createLayeredStorage`': [['oauth-server', 'LayeredStorageOptions']],
  'Storage in memory: `createMemoryStorage`': [['memory', 'MemoryStorageOptions']],
  'Storage in Redis: `createRedisStorage`': [['redis', 'RedisStorageOptions']],
  'Storage in Postgres: `createPostgresStorage`, `migrateToLatest`': [
    ['postgres', 'PostgresStorageOptions'],
    ['postgres', 'SchemaOption'],
  ],
  'The sweeper: `startSweeper`': [['postgres', 'SweeperOptions']],
  'An API: `requireAccessToken`, `createAccessTokenVerifier`': [
    ['resource-server', 'AccessTokenVerifierOptions'],
    ['resource-server', 'ChallengeOptions'],
  ],
  'API keys too: `requireCaller`': [['resource-server', 'RequireCallerOptions']],
  'Tenants: `requireTenant`': [['resource-server', 'TenantGuardOptions']],
  'Hosts without Koa: the middleware of `./resource-server/node`': [
    ['resource-server/node', 'GuardOptions'],
  ],
  'The revocation feed: `createRevocationFeed`': [['resource-server', 'RevocationFeedOptions']],
  'Introspection: `createIntrospectionChecker`': [
    ['resource-server', 'IntrospectionCheckerOptions'],
  ],
  'Metadata: `protectedResourceMetadata`': [
    ['resource-server', 'ProtectedResourceMetadataOptions'],
  ],
  'A server for tests: `startTestServer`': [['testing', 'TestServerOptions']],
}

const INTRODUCTION = `# Options

Every option of every function, from its types. All of them exist since version 0.1.0, unless they say otherwise. Units are in
the names. Unknown options and values out of range are errors at start-up, all problems at once.

**Bold** options are required.
`

/** Writes the page. */
export function optionsPage(project: ProjectReflection): string {
  const sections = Object.entries(SECTIONS).map(([heading, types]) => {
    const members = types.flatMap(([module, type]) => membersOf(find(project, module, type)))
    const rows = members.map(rowOf)
    return `## ${heading}\n\n| option | type | default | range | what it does |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return [INTRODUCTION, ...sections].join('\n')
}

function find(project: ProjectReflection, module: string, name: string): DeclarationReflection {
  const found = project.children
    ?.find((candidate) => candidate.name === module)
    ?.children?.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`there is no type ${name} in ${module}`)
  return found.isReference() ? (found.getTargetReflectionDeep() as DeclarationReflection) : found
}

/** The options of a type: its own members, or those of every member of a union. */
function membersOf(reflection: DeclarationReflection): ReadonlyArray<DeclarationReflection> {
  const members = [
    ...(reflection.children ?? []),
    ...(reflection.type ? inType(reflection.type) : []),
  ]
  const isOwn = (member: DeclarationReflection): boolean =>
    member.kindOf(ReflectionKind.Property | ReflectionKind.Method) && !isUndefined(member.type)
  const inherited = reflection.name === 'TestServerOptions'
  return members.filter(
    (member) => isOwn(member) && !(inherited && member.inheritedFrom !== undefined),
  )
}

function inType(type: SomeType): ReadonlyArray<DeclarationReflection> {
  if (type.type === 'reflection') return type.declaration.children ?? []
  if (type.type === 'union' || type.type === 'intersection') return type.types.flatMap(inType)
  return []
}

const isUndefined = (type: SomeType | undefined): boolean => String(type) === 'undefined'

function rowOf(option: DeclarationReflection): string {
  const { flags, comment, name, type } = option
  const text = comment ? sentences(comment) : ''
  const since = tagOf(comment, '@since')
  const cost = tagOf(comment, '@cost')
  const more = [text, cost && `Costs: ${lowerFirst(cost)}.`, since && `Since ${since}.`]
  const cells = [
    flags.isOptional ? `\`${name}\`` : `**\`${name}\`**`,
    `\`${type ?? 'function'}\``,
    tagOf(comment, '@defaultValue'),
    tagOf(comment, '@range'),
    more.filter(Boolean).join(' '),
  ]
  return `| ${cells.map(cell).join(' | ')} |`
}

const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const sentences = ({ summary }: Comment): string =>
  summary
    .map(({ text }) => text)
    .join('')
    .replaceAll(/\n\n+/g, ' ')

function tagOf(comment: Comment | undefined, name: `@${string}`): string {
  const content = comment?.getTag(name)?.content ?? []
  const text = content.map((part) => part.text).join('')
  return text.replace(/^```ts\n([\s\S]*)\n```$/, '$1') // typedoc takes it for code
}
