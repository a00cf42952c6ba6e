import test from 'ava'
import Koa from 'koa'
import mount from 'koa-mount'
import { type HostOptions, startHost } from '../helpers/host-application.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { completeFlow } from '../helpers/whole-flow.ts'

type Assemble = NonNullable<HostOptions['assemble']>

const answerAsHost: Parameters<Koa['use']>[0] = (ctx) => {
  ctx.body = `host ${ctx.path}`
}

const ways: ReadonlyArray<[way: string, issuerPath: string, assemble: Assemble]> = [
  [
    'below its path with koa-mount',
    '/auth',
    (app, server) => app.use(mount('/auth', server.middleware())).use(answerAsHost),
  ],
  [
    'below a deep path with koa-mount',
    '/platform/auth/v1',
    (app, server) => app.use(mount('/platform/auth/v1', server.middleware())).use(answerAsHost),
  ],
  [
    'below a path that paths of its own begin with',
    '/oauth',
    (app, server) => app.use(mount('/oauth', server.middleware())).use(answerAsHost),
  ],
  [
    'below its path in an application of its own',
    '/auth',
    (app, server) => app.use(mount('/auth', new Koa().use(server.middleware()))).use(answerAsHost),
  ],
  ['at the root', '/auth', (app, server) => app.use(server.middleware()).use(answerAsHost)],
  [
    'at the root, behind something else that is mounted there',
    '/auth',
    (app, server) =>
      app
        .use(mount('/auth', (_ctx, next) => next()))
        .use(server.middleware())
        .use(answerAsHost),
  ],
  [
    'both ways',
    '/auth',
    (app, server) =>
      app.use(server.middleware()).use(mount('/auth', server.middleware())).use(answerAsHost),
  ],
]

for (const [way, issuerPath, assemble] of ways) {
  test(`an issuer with a path, mounted ${way}: the whole flow, with cookies for the path only`, async (t) => {
    const host = await startHost(t, { issuerPath, assemble })

    const { browser } = await completeFlow(t, host)

    const paths = new Set(browser.userAgent.cookies.map(({ path }) => path))
    t.deepEqual([...paths], [issuerPath])
    t.deepEqual(host.errors, [])
  })

  test(`an issuer with a path, mounted ${way}: what is outside of the path is the host’s`, async (t) => {
    const { origin } = await startHost(t, { issuerPath, assemble })

    for (const path of [
      '/oauth/token',
      '/oauth/authorize',
      '/.well-known/jwks.json',
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-authorization-server/other',
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/other',
      `${issuerPath}/oauth/unknown`,
      `${issuerPath}x/oauth/token`,
      '/authx/oauth/token',
    ]) {
      const response = await fetch(origin + path)
      t.is(await response.text(), `host ${path}`)
    }
  })
}

for (const [way, issuerPath, assemble] of ways.slice(4)) {
  test(`an issuer with a path, mounted ${way}: its metadata is at the root of the host as well (RFC 8414 §3.1)`, async (t) => {
    const { origin, issuer } = await startHost(t, { issuerPath, assemble })

    const response = await fetch(`${origin}/.well-known/oauth-authorization-server${issuerPath}`)

    t.is(response.status, 200)
    t.like(await response.json(), { issuer })
  })
}

test('an issuer without a path, in an application that is mounted at "/"', async (t) => {
  const host = await startHost(t, {
    assemble: (app, server) => app.use(mount('/', new Koa().use(server.middleware()))),
  })

  await completeFlow(t, host)
  t.deepEqual(host.errors, [])
})

test('an issuer with a path: errors in place and redirects stay below it', async (t) => {
  const { issuer, client, startBrowser } = await startHost(t, {
    issuerPath: '/auth',
    assemble: (app, server) => app.use(mount('/auth', server.middleware())),
  })

  const visit = await startBrowser().open(authorizationUrl(issuer, client, { scope: 'x:y' }))
  t.deepEqual(visit.callback?.searchParams.getAll('iss'), [issuer])
  const page = await startBrowser().open(authorizationUrl(issuer, client))
  t.regex(page.responses[0]?.headers.get('location') ?? '', /^\/auth\/oauth\/continue\?prt=/)
})
