import {
  createAuthorizationServer,
  defaultPages,
  type ErrorView,
  type PageRenderer,
} from '@teamcast/oauth-server'
import { startTestServer } from '@teamcast/oauth-server/testing'
import test from 'ava'
import { authorizationUrl } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'
import { newRsaKey, rsaKey, validOptions } from '../helpers/valid-options.ts'

const issuers = [
  'https://auth.example',
  'https://auth.example:8443',
  'https://auth.example/auth',
  'https://auth.example/tenants/a-b_c.d~e',
  'http://localhost:3000',
  'http://127.0.0.1:3000',
  'http://[::1]:3000/auth',
]
for (const issuer of issuers) {
  test(`createAuthorizationServer: ${issuer} may be an issuer`, (t) => {
    t.is(createAuthorizationServer({ ...validOptions(), issuer }).issuer, issuer)
  })
}

test('createAuthorizationServer: optional options may be undefined', (t) => {
  const options = {
    ...validOptions(),
    scopes: undefined,
    audience: undefined,
    resources: undefined,
    hostSession: undefined,
    authorizeSuperAdmin: undefined,
    superAdminPages: undefined,
    pages: undefined,
    onEvent: undefined,
    refreshTokenGraceSeconds: undefined,
    clock: undefined,
  }

  t.notThrows(() => createAuthorizationServer(options as never))
})

test('createAuthorizationServer: keys of 2048 and 4096 bits, marked or not, are accepted', (t) => {
  const signingKeys = [
    { ...rsaKey(), use: 'sig', alg: 'RS256', kid: 'a' },
    newRsaKey(4096),
  ] as const

  t.notThrows(() => createAuthorizationServer({ ...validOptions(), signingKeys }))
})

test('createAuthorizationServer: a grace period of 0 and of 60 seconds is accepted', (t) => {
  for (const refreshTokenGraceSeconds of [0, 60]) {
    t.notThrows(() => createAuthorizationServer({ ...validOptions(), refreshTokenGraceSeconds }))
  }
})

test('createAuthorizationServer: the server cannot be changed', (t) => {
  const server = createAuthorizationServer(validOptions())

  t.true(Object.isFrozen(server))
  t.true(Object.isFrozen(server.clients))
  t.throws(() => Object.assign(server, { issuer: 'https://evil.example' }), {
    instanceOf: TypeError,
  })
})

test('createAuthorizationServer: changing the given options afterwards changes nothing', async (t) => {
  const key = { ...rsaKey(), kid: 'before' }
  const scopes: Record<string, string> = { 'report:read': 'See reports' }
  const signingKeys: [typeof key] = [key]
  const cookieKeys: [string] = ['a cookie key of a test: not a secret']
  const pages: { error: PageRenderer<ErrorView> } = { error: defaultPages.error }
  const server = await startTestServer({ scopes, signingKeys, cookieKeys, pages })
  t.teardown(server.close)

  key.kid = 'after'
  signingKeys.pop()
  cookieKeys.pop()
  scopes['report:write'] = 'Write reports'
  pages.error = () => {
    throw new Error('changed')
  }

  const metadata = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
  t.like(await metadata.json(), { scopes_supported: ['report:read'] })
  const jwks = await fetch(`${server.issuer}/.well-known/jwks.json`)
  t.like(await jwks.json(), { keys: [{ kid: 'before' }] })
  await t.throwsAsync(
    server.registerClient({
      name: 'Acme',
      clientType: 'PUBLIC',
      scopes: ['report:write'],
      redirectUris: ['https://acme.example/'],
    }),
    { code: 'ERR_CLIENT_METADATA_INVALID' },
  )
  t.is((await fetch(`${server.issuer}/oauth/authorize`)).status, 400)
})

test('createAuthorizationServer: a page that is undefined is the server’s own', async (t) => {
  const server = await startServer(t, { pages: { error: undefined } as never })

  const response = await fetch(`${server.issuer}/oauth/authorize`)

  t.is(response.status, 400)
  t.regex(await response.text(), /<!doctype html>/i)
})

test('createAuthorizationServer: pages and host session may be objects of a class', async (t) => {
  class Host {
    readonly #name = 'host'

    signedInUser(): Promise<undefined> {
      return Promise.resolve(undefined)
    }

    signInUrl(): string {
      return `https://${this.#name}.example/login`
    }
  }
  class HostPages {
    readonly #name = 'host'

    error(): { html: string; contentSecurityPolicy: string } {
      return { html: `the ${this.#name}’s page`, contentSecurityPolicy: "default-src 'none'" }
    }
  }
  const server = await startServer(t, { hostSession: new Host(), pages: new HostPages() })

  const errorPage = await fetch(`${server.issuer}/oauth/authorize`)
  const pending = await fetch(authorizationUrl(server.issuer, server.public), {
    redirect: 'manual',
  })
  const signIn = await fetch(
    String(new URL(pending.headers.get('location') ?? '', server.issuer)),
    {
      redirect: 'manual',
      headers: {
        cookie: pending.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0])
          .join('; '),
      },
    },
  )

  t.is(await errorPage.text(), 'the host’s page')
  t.is(signIn.headers.get('location'), 'https://host.example/login')
})
