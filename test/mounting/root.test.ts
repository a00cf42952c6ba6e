import test from 'ava'
import { assertNoCors, assertPageHeaders } from '../helpers/authorization-responses.ts'
import { type HostOptions, startHost } from '../helpers/host-application.ts'
import { authorizationUrl, basicCredentials, postAs } from '../helpers/requests.ts'
import { completeFlow } from '../helpers/whole-flow.ts'

type Middleware = Parameters<Parameters<NonNullable<HostOptions['assemble']>>[0]['use']>[0]

/** A body parser as hosts have it in front of everything. */
const bodyParser: Middleware = async (ctx, next) => {
  const chunks: Array<Buffer> = []
  for await (const chunk of ctx.req) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const request = ctx.request as { body?: unknown }
  if (ctx.is('json')) request.body = JSON.parse(text)
  if (ctx.is('urlencoded')) request.body = Object.fromEntries(new URLSearchParams(text))
  await next()
}

/** A middleware that opens everything to every origin. */
const corsForEverything: Middleware = async (ctx, next) => {
  ctx.set({
    'Access-Control-Allow-Origin': ctx.get('origin') || '*',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'Location',
  })
  await next()
}

test('at the root: the host’s other routes stay the host’s', async (t) => {
  const { origin } = await startHost(t, {
    assemble(app, server) {
      app.use(server.middleware())
      app.use((ctx) => {
        ctx.body = `host ${ctx.method} ${ctx.path}`
      })
    },
  })

  for (const path of [
    '/',
    '/oauth',
    '/oauth/',
    '/oauth/unknown',
    '/oauth/authorize/',
    '/oauth/authorize/short',
    '/oauth/authorize/x/y',
    '/oauth/token/',
    '/OAUTH/TOKEN',
    '/oauth/end_session',
    '/oauth/end_session/confirm',
    '/me',
    '/request',
    '/device',
    '/super-admin/oauth-clients',
    '/.well-known/openid-configuration/auth',
    '/.well-known/oauth-authorization-server/auth',
    '/x/oauth/token',
    '//oauth/token',
  ]) {
    for (const method of ['GET', 'POST']) {
      const response = await fetch(origin + path, { method })
      t.is(response.status, 200)
      t.is(await response.text(), `host ${method} ${path}`)
    }
  }
})

test('at the root: a path that no middleware handles is Koa’s 404', async (t) => {
  const { origin, errors } = await startHost(t)

  const response = await fetch(`${origin}/.well-known/unknown`)

  t.is(response.status, 404)
  t.deepEqual(errors, [])
})

const hosts: ReadonlyArray<[what: string, assemble: NonNullable<HostOptions['assemble']>]> = [
  ['no app.keys', (app, server) => app.use(server.middleware())],
  [
    'app.keys of its own',
    (app, server) => {
      app.keys = ['a key of the host']
      app.use(server.middleware())
    },
  ],
  [
    'signed cookies of its own',
    (app, server) => {
      app.keys = ['a key of the host']
      app.use(async (ctx, next) => {
        const visits = Number(ctx.cookies.get('koa.sess', { signed: true }) ?? '0')
        await next()
        ctx.cookies.set('koa.sess', String(visits + 1), { signed: true, overwrite: true })
      })
      app.use(server.middleware())
    },
  ],
  [
    'a body parser in front',
    (app, server) => {
      app.use(bodyParser)
      app.use(server.middleware())
    },
  ],
  [
    'CORS for everything in front',
    (app, server) => {
      app.use(corsForEverything)
      app.use(server.middleware())
    },
  ],
  [
    'middleware that has state and a type of its own',
    (app, server) => {
      app.proxy = true
      app.use(async (ctx, next) => {
        ctx.state = Object.freeze({ user: 'somebody' })
        ctx.type = 'text/plain'
        await next()
      })
      app.use(server.middleware())
    },
  ],
]

for (const [what, assemble] of hosts) {
  test(`at the root of a host with ${what}: the whole flow`, async (t) => {
    const host = await startHost(t, { assemble })

    const { pages } = await completeFlow(t, host)

    for (const page of pages.slice(0, 2)) assertPageHeaders(t, page)
    t.deepEqual(host.errors, [])
  })
}

test('behind signed cookies of the host: its cookie survives the flow', async (t) => {
  const assemble = hosts[2]?.[1]
  const host = await startHost(t, assemble === undefined ? {} : { assemble })

  const { browser, pages } = await completeFlow(t, host)

  const visits = browser.userAgent.cookies.find(({ name }) => name === 'koa.sess')?.value
  t.is(visits, String(pages.flatMap(({ responses }) => responses).length))
})

test('behind CORS for everything: authorize and continue stay closed, token opens for a PUBLIC client’s origin only (RFC 9700 §2.6)', async (t) => {
  const host = await startHost(t, {
    assemble(app, server) {
      app.use(corsForEverything)
      app.use(server.middleware())
    },
  })
  const { issuer, client, publicClient } = host
  const browser = host.startBrowser({ headers: { origin: 'https://evil.example' } })

  const signInPage = await browser.open(authorizationUrl(issuer, client))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const page = await browser.open(authorizationUrl(issuer, client, { client_id: 'x' }))
  const expired = await browser.open(`${issuer}/oauth/continue`)
  for (const { responses } of [signInPage, consentPage, granted, page, expired]) {
    for (const { headers } of responses) assertNoCors(t, headers)
  }
  for (const path of ['token', 'introspect', 'revoke', 'revocations']) {
    const response = await fetch(`${issuer}/oauth/${path}`, { method: 'DELETE' })
    t.is(response.status, 405)
    assertNoCors(t, response.headers)
  }
  for (const path of ['/oauth/authorize', '/oauth/continue']) {
    for (const method of ['OPTIONS', 'DELETE', 'HEAD']) {
      const response = await fetch(issuer + path, { method, headers: { origin: issuer } })
      t.is(response.status, 405)
      assertNoCors(t, response.headers)
    }
  }

  const allowedOrigin = async (origin: string): Promise<string | null> => {
    const request = { grant_type: 'refresh_token', refresh_token: 'x' }
    const response = await postAs(publicClient, `${issuer}/oauth/token`, request, { origin })
    return response.headers.get('access-control-allow-origin')
  }
  t.is(await allowedOrigin('https://spa.example'), 'https://spa.example')
  t.is(await allowedOrigin('https://evil.example'), null)
})

test('behind a body parser: client authentication by header and by body', async (t) => {
  const { issuer, client } = await startHost(t, {
    assemble(app, server) {
      app.use(bodyParser)
      app.use(server.middleware())
    },
  })
  const { clientId } = client.client
  const grant = { grant_type: 'client_credentials', scope: 'interview:read' }
  const authorization = basicCredentials(clientId, client.clientSecret ?? '')
  for (const [secret, status] of [
    [authorization, 200],
    [basicCredentials(clientId, 'wrong'), 401],
  ] as const) {
    const response = await fetch(`${issuer}/oauth/token`, {
      method: 'POST',
      headers: { authorization: secret },
      body: new URLSearchParams(grant),
    })
    t.is(response.status, status)
  }
  const json = await fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(grant),
  })
  t.is(json.status, 400)
  t.like(await json.json(), { error: 'invalid_request' })
})

test('in a host that says a status before anything else: the whole flow works, and documents and lists are 200', async (t) => {
  const host = await startHost(t, {
    options: { authorizeSuperAdmin: () => 'allowed' },
    assemble(app, server) {
      app.use(async (ctx, next) => {
        ctx.status = 418
        await next()
      })
      app.use(server.middleware())
    },
  })
  const { browser } = await completeFlow(t, host)
  for (const path of [
    '/.well-known/oauth-authorization-server',
    '/.well-known/jwks.json',
    '/super-admin/oauth-clients',
    '/account/connections',
  ]) {
    const { status } = await browser.open(host.issuer + path, { accept: 'application/json' })
    t.is(status, 200, path)
  }
})
