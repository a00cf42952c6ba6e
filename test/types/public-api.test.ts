import type { RequestListener } from 'node:http'
import type {
  Actor,
  AuditEvent,
  AuditListener,
  AuthenticateUser,
  AuthorizationServer,
  AuthorizationServerOptions,
  AuthorizeSuperAdmin,
  Client,
  ClientChanges,
  ClientRegistry,
  ClientSecret,
  Connection,
  Connections,
  ErrorCode,
  HostSession,
  Issue,
  ManagedKeys,
  ManagedKeysOptions,
  NewClient,
  NodeHandler,
  Page,
  ProtectedResource,
  RegisteredClient,
  ScopeCatalogue,
  Storage,
  User,
} from '@teamcast/oauth-server'
import {
  type ClientIssue,
  ClientMetadataError,
  ConfigurationError,
  createAuthorizationServer,
  OAuthServerError,
  openManagedKeys,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  type AccessTokenState,
  type Caller,
  type CallerState,
  type ProtectedResourceError,
  type RevocationChecker,
  requireAccessToken,
  requireCaller,
  requireScopes,
  requireTenant,
  type VerifiedAccessToken,
} from '@teamcast/oauth-server/resource-server'
import type { NodeMiddleware } from '@teamcast/oauth-server/resource-server/node'
import { startTestServer, type TestServer } from '@teamcast/oauth-server/testing'
import test from 'ava'
import { expectTypeOf } from 'expect-type'
import type { RequestHandler } from 'express'
import type { JWK, JWTVerifyGetKey } from 'jose'
import Koa, { type Context, type Middleware } from 'koa'

test('types: createAuthorizationServer takes options and returns a server', (t) => {
  expectTypeOf(createAuthorizationServer).parameters.toEqualTypeOf<[AuthorizationServerOptions]>()
  expectTypeOf(createAuthorizationServer).returns.toEqualTypeOf<AuthorizationServer>()
  expectTypeOf<AuthorizationServer>().toHaveProperty('issuer').toEqualTypeOf<string>()
  expectTypeOf<AuthorizationServer>().toHaveProperty('clients').toEqualTypeOf<ClientRegistry>()
  expectTypeOf<AuthorizationServer>().toHaveProperty('jwks').toEqualTypeOf<JWTVerifyGetKey>()
  expectTypeOf<AuthorizationServer>().toHaveProperty('connections').toEqualTypeOf<Connections>()
  expectTypeOf<AuthorizationServer['revocations']>().toExtend<RevocationChecker>()
  expectTypeOf<AuthorizationServer['middleware']>().toEqualTypeOf<() => Middleware>()
  expectTypeOf<AuthorizationServer['handler']>().returns.toEqualTypeOf<NodeHandler>()
  expectTypeOf<NodeHandler>().toExtend<RequestListener>()
  expectTypeOf<NodeHandler>().toExtend<RequestHandler>()
  expectTypeOf<NodeMiddleware>().toExtend<RequestHandler>()
  t.pass()
})

test('types: options have what is needed, and nothing unknown', (t) => {
  type Required = 'issuer' | 'storage' | 'findUser'
  type Given = Pick<AuthorizationServerOptions, Required>
  type Keys = { readonly keys: ManagedKeys }
  type OwnKeys = { readonly signingKeys: readonly [JWK]; readonly cookieKeys: readonly [string] }
  type Page = { readonly authenticateUser: AuthenticateUser }
  type Host = { readonly hostSession: HostSession }
  expectTypeOf<Given & Keys & Page>().toExtend<AuthorizationServerOptions>()
  expectTypeOf<Given & OwnKeys & Host>().toExtend<AuthorizationServerOptions>()
  expectTypeOf<Omit<Given, 'issuer'> & Keys & Page>().not.toExtend<AuthorizationServerOptions>()
  expectTypeOf(openManagedKeys).parameters.toEqualTypeOf<[ManagedKeysOptions]>()
  expectTypeOf(openManagedKeys).returns.resolves.toEqualTypeOf<ManagedKeys>()
  expectTypeOf<[]>().not.toExtend<AuthorizationServerOptions['signingKeys']>()
  expectTypeOf<[]>().not.toExtend<AuthorizationServerOptions['cookieKeys']>()
  expectTypeOf<NonNullable<AuthorizationServerOptions['onEvent']>>().toEqualTypeOf<AuditListener>()
  expectTypeOf<NonNullable<AuthorizationServerOptions['scopes']>>().toEqualTypeOf<ScopeCatalogue>()
  expectTypeOf<AuthorizationServerOptions['findUser']>().toExtend<
    (userId: string) => Promise<User | undefined>
  >()
  t.pass()
})

test('types: options that exclude each other cannot be written together', (t) => {
  type Given = Pick<AuthorizationServerOptions, 'issuer' | 'storage' | 'findUser'>
  type Keys = { readonly keys: ManagedKeys }
  type OwnKeys = { readonly signingKeys: readonly [JWK]; readonly cookieKeys: readonly [string] }
  type Page = { readonly authenticateUser: AuthenticateUser }
  type Host = { readonly hostSession: HostSession }
  type Apis = { readonly audience: string; readonly resources: ReadonlyArray<ProtectedResource> }
  expectTypeOf<Given & Keys>().not.toExtend<AuthorizationServerOptions>()
  expectTypeOf<Given & Page>().not.toExtend<AuthorizationServerOptions>()
  expectTypeOf<Given & Keys & OwnKeys & Page>().not.toExtend<AuthorizationServerOptions>()
  expectTypeOf<Given & Keys & Page & Host>().not.toExtend<AuthorizationServerOptions>()
  expectTypeOf<Given & Keys & Page & Apis>().not.toExtend<AuthorizationServerOptions>()
  expectTypeOf<
    Given & Pick<OwnKeys, 'signingKeys'> & Page
  >().not.toExtend<AuthorizationServerOptions>()
  t.pass()
})

const SOME_EVENT: AuditEvent = {
  type: 'consent.granted',
  version: 1,
  result: 'success',
  at: 0,
  ip: undefined,
  scopes: ['a:b'],
}

test('types: a listener may return anything', (t) => {
  const events: Array<AuditEvent> = []
  const listener: AuditListener = (event) => events.push(event)
  t.notThrows(() => listener(SOME_EVENT))
  t.deepEqual(events, [SOME_EVENT])
  expectTypeOf<(event: AuditEvent) => Promise<number>>().toExtend<AuditListener>()
})

test('types: a SuperAdmin hook says one of three words or who it is, at once or later', (t) => {
  expectTypeOf<(ctx: Context) => 'allowed'>().toExtend<AuthorizeSuperAdmin>()
  expectTypeOf<() => { superAdminId: string }>().toExtend<AuthorizeSuperAdmin>()
  expectTypeOf<() => Promise<'forbidden' | 'unauthenticated'>>().toExtend<AuthorizeSuperAdmin>()
  expectTypeOf<() => boolean>().not.toExtend<AuthorizeSuperAdmin>()
  t.pass()
})

test('types: a new client names itself, its type and its scopes; the rest has defaults', (t) => {
  type Minimal = {
    name: string
    clientType: 'PUBLIC'
    scopes: Array<string>
    redirectUris: Array<string>
  }
  expectTypeOf<Minimal>().toExtend<NewClient>()
  expectTypeOf<Omit<Minimal, 'scopes'>>().not.toExtend<NewClient>()
  expectTypeOf<Minimal & { requirePkce: false }>().not.toExtend<NewClient>()
  expectTypeOf<NewClient>().not.toHaveProperty('clientId')
  t.pass()
})

test('types: what is immutable is not among the changes, and null is a way back', (t) => {
  expectTypeOf<ClientChanges>().not.toHaveProperty('audience')
  expectTypeOf<ClientChanges>().not.toHaveProperty('tenantId')
  expectTypeOf<ClientChanges>().not.toHaveProperty('clientType')
  expectTypeOf<{ clientUri: null }>().toExtend<ClientChanges>()
  t.pass()
})

test('types: a client holds neither secret nor hash; the secret is beside the client once', (t) => {
  expectTypeOf<Client['secrets']>().toEqualTypeOf<ReadonlyArray<ClientSecret>>()
  expectTypeOf<ClientSecret>().not.toHaveProperty('hash')
  expectTypeOf<Client['requirePkce']>().toEqualTypeOf<true>()
  expectTypeOf<RegisteredClient>().toEqualTypeOf<{
    readonly client: Client
    readonly clientSecret: string | undefined
  }>()
  expectTypeOf<ClientRegistry['register']>().returns.resolves.toEqualTypeOf<RegisteredClient>()
  expectTypeOf<ClientRegistry['find']>().returns.resolves.toEqualTypeOf<Client | undefined>()
  expectTypeOf<ClientRegistry['list']>().returns.resolves.toEqualTypeOf<Page<Client>>()
  t.pass()
})

test('types: connections are listed by user, and revoked one by one or all at once', (t) => {
  expectTypeOf<Connections['list']>().returns.resolves.toEqualTypeOf<ReadonlyArray<Connection>>()
  expectTypeOf<Connections['revoke']>().parameters.toEqualTypeOf<
    [userId: string, clientId: string, by?: Actor | undefined]
  >()
  expectTypeOf<Connections['revoke']>().returns.resolves.toEqualTypeOf<boolean>()
  expectTypeOf<Connections['revokeAllOfUser']>().returns.resolves.toEqualTypeOf<number>()
  expectTypeOf<Connections['revokeAllOfTenant']>().returns.resolves.toEqualTypeOf<number>()
  expectTypeOf<Connections>().not.toHaveProperty('disconnect')
  t.pass()
})

test('types: errors are told apart by their code', (t) => {
  expectTypeOf<ConfigurationError['code']>().toEqualTypeOf<'ERR_CONFIGURATION_INVALID'>()
  expectTypeOf<ClientMetadataError['issues']>().toEqualTypeOf<ReadonlyArray<ClientIssue>>()
  expectTypeOf<ConfigurationError['issues']>().toEqualTypeOf<ReadonlyArray<Issue>>()
  expectTypeOf<OAuthServerError['code']>().toEqualTypeOf<ErrorCode>()
  t.true(new ConfigurationError([]) instanceof OAuthServerError)
  t.true(new ClientMetadataError([]) instanceof OAuthServerError)
})

test('types: an audit event is narrowed by its type', (t) => {
  const scopesOf = (event: AuditEvent): ReadonlyArray<string> => {
    if (event.type !== 'consent.granted') return []
    expectTypeOf(event.clientId).toEqualTypeOf<string | undefined>()
    return event.scopes
  }
  t.deepEqual(scopesOf(SOME_EVENT), ['a:b'])
})

test('types: stores, catalogues and test servers fit the options', (t) => {
  expectTypeOf(createMemoryStorage).returns.toEqualTypeOf<Storage>()
  expectTypeOf(TEAMCAST_SCOPES).toExtend<ScopeCatalogue>()
  expectTypeOf(startTestServer).returns.resolves.toEqualTypeOf<TestServer>()
  t.pass()
})

const VERIFIER = { issuer: 'https://issuer.test', audience: 'https://api.test' }

test('types: behind requireAccessToken a token is there, behind requireCaller a caller with a tenant', (t) => {
  new Koa<AccessTokenState>()
    .use(requireAccessToken(VERIFIER))
    .use(requireScopes('interview:read'))
    .use(requireTenant())
    .use((ctx) => {
      expectTypeOf(ctx.state.accessToken).toEqualTypeOf<VerifiedAccessToken>()
      expectTypeOf(ctx.state.caller.tenantId).toEqualTypeOf<string>()
    })
  new Koa<CallerState>()
    .use(requireCaller(VERIFIER))
    .use(requireScopes('interview:read'))
    .use((ctx) => {
      expectTypeOf(ctx.state.caller).toEqualTypeOf<Caller>()
    })
  t.pass()
})

test('types: a caller is narrowed by its kind', (t) => {
  const idOf = (caller: Caller): string => {
    switch (caller.kind) {
      case 'user':
        return caller.userId
      case 'client':
        return caller.clientId
      case 'api-key':
        return caller.keyId
    }
  }
  expectTypeOf(idOf).returns.toEqualTypeOf<string>()
  expectTypeOf<Caller['userId']>().toEqualTypeOf<string | undefined>()
  t.pass()
})

test('types: a checker may ignore the encoded token, and return a value or a promise', (t) => {
  expectTypeOf<{ isRevoked(token: VerifiedAccessToken): boolean }>().toExtend<RevocationChecker>()
  expectTypeOf<{
    isRevoked(token: VerifiedAccessToken, jwt: string): Promise<boolean>
  }>().toExtend<RevocationChecker>()
  expectTypeOf<ProtectedResourceError['status']>().toEqualTypeOf<400 | 401 | 403 | 503>()
  t.pass()
})
