import { once } from 'node:events'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import {
  ConfigurationError,
  type NodeHandlerOptions,
  type RegisteredClient,
  StorageError,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { assertPageHeaders } from '../helpers/authorization-responses.ts'
import { type HostApplication, type HostOptions, startHost } from '../helpers/host-application.ts'
import { type Handler, NODE_HOSTS, type NodeHost } from '../helpers/node-hosts.ts'
import { sendRaw } from '../helpers/raw-request.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl, basicCredentials } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT } from '../helpers/start-server.ts'
import { completeFlow } from '../helpers/whole-flow.ts'

interface Use extends NodeHandlerOptions {
  readonly parsesBodies?: boolean
  /** Where the handler is mounted. */
  readonly path?: string
}

/** A host that uses the server's handler. */
function startNodeHost(
  t: ExecutionContext,
  { createListener }: NodeHost,
  { parsesBodies = false, path = '/', ...handlerOptions }: Use = {},
  hostOptions: HostOptions = {},
): Promise<HostApplication> {
  return startHost(t, {
    ...hostOptions,
    createListener: (server, onError) =>
      createListener(server.handler({ onError, ...handlerOptions }), { parsesBodies, path }),
  })
}

/** A host of Express, put together by hand. */
function startExpress(
  t: ExecutionContext,
  assemble: (app: express.Express, handler: Handler) => void,
): Promise<HostApplication> {
  return startHost(t, {
    createListener(server, onError) {
      const app = express()
      assemble(app, server.handler({ onError }))
      return app
    },
  })
}

for (const nodeHost of NODE_HOSTS) {
  const { name } = nodeHost

  for (const parsesBodies of [false, true]) {
    const where = parsesBodies ? `${name}, behind a body parser` : name

    test(`${where}: the whole flow`, async (t) => {
      const host = await startNodeHost(t, nodeHost, { parsesBodies })

      const { pages } = await completeFlow(t, host)

      for (const page of pages.slice(0, 2)) assertPageHeaders(t, page)
      t.deepEqual(host.errors, [])
    })

    test(`${where}: other paths are the host’s, with their body`, async (t) => {
      const { origin } = await startNodeHost(t, nodeHost, { parsesBodies })
      for (const path of [
        '/',
        '/.well-known/oauth-authorization-server/',
        '/oauth/unknown',
        '/oauth/token/',
        '/OAUTH/TOKEN',
        '/x/oauth/token',
      ]) {
        const response = await fetch(`${origin}${path}?a=b`)
        t.is(response.status, 200)
        t.true((await response.text()).startsWith(`host GET ${path}?a=b`))
      }
      const headers = { 'content-type': 'application/json' }
      const posted = await fetch(`${origin}/x`, { method: 'POST', headers, body: '{"a":"b"}' })
      t.is(posted.status, 200)
      t.regex(await posted.text(), /^host POST \/x .*a.*b/)
    })

    test(`${where}: a client that cannot authenticate gets 401, a wrong method 405, a wrong request a page`, async (t) => {
      const host = await startNodeHost(t, nodeHost, { parsesBodies })
      const { issuer, client } = host
      const refused = await fetch(`${issuer}/oauth/token`, {
        method: 'POST',
        headers: { authorization: basicCredentials(client.client.clientId, 'wrong') },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      t.is(refused.status, 401)
      t.is(refused.headers.get('www-authenticate'), `Basic realm="${issuer}"`)
      t.like(await refused.json(), { error: 'invalid_client' })

      const wrongMethod = await fetch(`${issuer}/oauth/token`, { method: 'PUT' })
      t.is(wrongMethod.status, 405)
      t.is(wrongMethod.headers.get('allow'), 'POST, OPTIONS')

      const page = await host
        .startBrowser()
        .open(authorizationUrl(issuer, client, { client_id: 'x' }))
      t.is(page.status, 400)
      t.is(page.headers.get('content-type'), 'text/html; charset=utf-8')
      t.deepEqual(host.errors, [])
    })

    test(`${where}: a parameter that is sent twice is refused (RFC 6749 §3.2)`, async (t) => {
      const { issuer, client } = await startNodeHost(t, nodeHost, { parsesBodies })
      const { clientId } = client.client
      const authorization = basicCredentials(clientId, client.clientSecret ?? '')
      for (const times of [2, 30]) {
        const scopes = 'scope=interview%3Aread&'.repeat(times)
        const response = await fetch(`${issuer}/oauth/token`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
          body: `${scopes}grant_type=client_credentials`,
        })
        t.is(response.status, 400)
        t.deepEqual(await response.json(), {
          error: 'invalid_request',
          error_description: 'scope must not be sent more than once',
        })
      }
    })
  }

  test(`${name}: an issuer with a path, at the root: the whole flow, and metadata at the root (RFC 8414 §3.1)`, async (t) => {
    const host = await startNodeHost(t, nodeHost, {}, { issuerPath: '/platform/auth' })
    const { browser } = await completeFlow(t, host)
    const paths = new Set(browser.userAgent.cookies.map(({ path }) => path))
    t.deepEqual([...paths], ['/platform/auth'])
    const { origin, issuer } = host
    const metadata = `${origin}/.well-known/oauth-authorization-server/platform/auth`
    t.like(await (await fetch(metadata)).json(), { issuer })
    t.regex(await (await fetch(`${origin}/oauth/token`)).text(), /^host GET \/oauth\/token/)
    t.regex(await (await fetch(`${origin}/platform/authx/oauth/token`)).text(), /^host GET/)
    t.deepEqual(host.errors, [])
  })

  test(`${name}: behind a proxy, the audit shows the last address that the header has, if the proxy is trusted`, async (t) => {
    for (const [options, ip] of [
      [{}, '127.0.0.1'],
      [{ proxy: true }, '203.0.113.7'],
      [{ proxy: true, maxIpsCount: 2 }, '198.51.100.1'],
      [{ proxy: true, proxyIpHeader: 'X-Real-IP' }, '203.0.113.9'],
    ] as const) {
      const { onEvent, settled } = recordEvents()
      const issuer = 'https://mayaapi.teamcast.ai'
      const host = await startNodeHost(t, nodeHost, options, {
        issuer,
        options: { onEvent },
      })
      const headers = {
        'x-forwarded-for': '192.0.2.1, 198.51.100.1, 203.0.113.7',
        'x-forwarded-host': 'evil.example',
        'x-real-ip': '203.0.113.9',
      }
      const browser = host.startBrowser({ headers })
      const page = await browser.open(authorizationUrl(issuer, host.client))
      await browser.signIn(page, 'ada@acme.test', 'wrong')
      const events = await settled()
      const failed = events.filter(({ type }) => type === 'user.sign-in-failed')
      t.deepEqual(
        failed.map((event) => event.ip),
        [ip],
      )
    }
  })

  test(`${name}: while the storage fails, 503 with Retry-After, and onError is called`, async (t) => {
    const storage = createMemoryStorage()
    let isDown = false
    const find: typeof storage.clients.find = async (clientId) => {
      if (isDown) throw new StorageError('the storage is down')
      return await storage.clients.find(clientId)
    }
    const host = await startNodeHost(
      t,
      nodeHost,
      {},
      {
        options: {
          storage: { ...storage, clients: { ...storage.clients, find } },
          clientCacheMilliseconds: 0,
        },
      },
    )
    isDown = true
    const response = await fetch(`${host.issuer}/oauth/token`, {
      method: 'POST',
      headers: { authorization: basicCredentials(host.client.client.clientId, 'x') },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    t.is(response.status, 503)
    t.is(response.headers.get('retry-after'), '5')
    t.like(await response.json(), { error: 'temporarily_unavailable' })
    t.is(host.errors.length, 1)
  })
}

for (const nodeHost of NODE_HOSTS.filter(({ mounts }) => mounts)) {
  for (const parsesBodies of [false, true]) {
    test(`${nodeHost.name}: an issuer with a path, mounted there, body parser ${parsesBodies}: the whole flow`, async (t) => {
      const path = '/platform/auth'
      const host = await startNodeHost(t, nodeHost, { parsesBodies, path }, { issuerPath: path })
      await completeFlow(t, host)
      const foreign = await fetch(`${host.origin}${path}/oauth/unknown?a=b`)
      t.true((await foreign.text()).startsWith(`host GET ${path}/oauth/unknown?a=b`))
      t.deepEqual(host.errors, [])
    })
  }
}

test('node:http without next: other paths get 404', async (t) => {
  const { origin, issuer } = await startHost(t, {
    createListener: (server) => server.handler(),
  })
  t.is((await fetch(`${origin}/x`)).status, 404)
  t.is((await fetch(`${issuer}/.well-known/jwks.json`)).status, 200)
})

test('HTTP/2: the handler serves it', async (t) => {
  const listener = createHttp2Server()
  const { issuer } = await startHost(t, {
    createListener(server) {
      listener.on('request', server.handler())
      return server.handler()
    },
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => listener.close())
  const { port } = listener.address() as AddressInfo
  const session = connect(`http://127.0.0.1:${port}`)
  t.teardown(() => session.close())
  const stream = session.request({ ':path': '/.well-known/oauth-authorization-server' })
  const chunks: Array<Buffer> = []
  for await (const chunk of stream) chunks.push(chunk)
  t.like(JSON.parse(Buffer.concat(chunks).toString()), { issuer })
})

for (const [what, parser] of [
  ['querystring', express.urlencoded({ extended: false })],
  ['qs', express.urlencoded({ extended: true })],
  ['text', express.text({ type: '*/*' })],
  ['bytes', express.raw({ type: '*/*' })],
] as const) {
  test(`Express, behind a parser to ${what}: the whole flow; nested, repeated and strange parameters admit nothing`, async (t) => {
    const registered = Promise.withResolvers<RegisteredClient>()
    const host = await startHost(t, {
      createListener(server, onError) {
        const settings = {
          ...CONFIDENTIAL_CLIENT,
          tokenEndpointAuthMethod: 'client_secret_post',
        } as const
        registered.resolve(server.clients.register(settings))
        return express().use(parser, server.handler({ onError }))
      },
    })
    await completeFlow(t, host)
    const { issuer } = host
    const { client, clientSecret: secret } = await registered.promise
    const id = client.clientId
    const post = (body: string): Promise<Response> =>
      fetch(`${issuer}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `grant_type=client_credentials&${body}`,
      })
    t.is((await post(`client_id=${id}&client_secret=${secret}`)).status, 200)
    const repeated = `&client_secret=${secret}`.repeat(30)
    for (const body of [
      `client_id=${id}&client_secret[]=${secret}`,
      `client_id=${id}&client_secret[a]=${secret}`,
      `client_id[]=${id}&client_secret=${secret}`,
      `client_id=${id}&client_secret=${secret}&client_secret[]=x&client_secret=x`,
      `client_id=${id}&client_secret=x&client_secret=${secret}`,
      `client_id=${id}${repeated}`,
      `__proto__[client_id]=${id}&client_secret=${secret}`,
      `client_id=${id}`,
    ]) {
      const response = await post(body)
      t.true([400, 401].includes(response.status), `${body}: ${response.status}`)
    }
    t.deepEqual(host.errors, [])
  })
}

test('Express, behind a parser to bytes: client registration reads them, within its own limit', async (t) => {
  const host = await startHost(t, {
    options: { authorizeSuperAdmin: () => 'allowed' },
    createListener: (server) =>
      express().use(express.raw({ type: '*/*', limit: '1mb' }), server.handler()),
  })
  const register = (name: string): Promise<Response> =>
    fetch(`${host.issuer}/super-admin/oauth-clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name,
        clientType: 'PUBLIC',
        scopes: ['interview:read'],
        redirectUris: ['https://spa.example/callback'],
      }),
    })
  t.is((await register('Acme')).status, 201)
  t.is((await register('A'.repeat(70_000))).status, 400)
})

test('Express: errors of the host’s own middleware are the host’s', async (t) => {
  const handled: Array<unknown> = []
  const host = await startExpress(t, (app, handler) => {
    app.use(handler)
    app.use('/fails', () => {
      throw new Error('of the host')
    })
    const handleError: express.ErrorRequestHandler = (error, _request, response, _next) => {
      handled.push(error)
      response.status(418).send('the host’s page')
    }
    app.use(handleError)
  })
  const response = await fetch(`${host.origin}/fails`)
  t.is(response.status, 418)
  t.is(await response.text(), 'the host’s page')
  t.like(handled, [{ message: 'of the host' }])
  t.deepEqual(host.errors, [])
})

test('Express: what is set before, for instance by helmet, does not weaken the pages', async (t) => {
  const host = await startExpress(t, (app, handler) => {
    app.use((_request, response, next) => {
      response.status(418).set({
        'Content-Security-Policy': "default-src 'self'",
        'Referrer-Policy': 'no-referrer',
        'Access-Control-Allow-Origin': '*',
      })
      next()
    })
    app.use(handler)
  })
  const { pages } = await completeFlow(t, host)
  for (const page of pages.slice(0, 2)) assertPageHeaders(t, page)
})

test('handler: returns nothing, which no framework takes for "pass on"', async (t) => {
  const returned: Array<unknown> = []
  const { issuer, origin } = await startHost(t, {
    createListener(server) {
      const handler = server.handler()
      return (request, response) => {
        returned.push(handler(request, response, () => response.end()))
      }
    },
  })
  t.is((await fetch(`${issuer}/.well-known/jwks.json`)).status, 200)
  t.is((await fetch(origin)).status, 200)
  t.deepEqual(returned, [undefined, undefined])
})

test('handler: a target that only normalizing would make a path of the server is the host’s (RFC 9112 §3.2)', async (t) => {
  const { issuer } = await startHost(t, {
    createListener(server) {
      const handler = server.handler()
      return (request, response) => handler(request, response, () => response.end('the host'))
    },
  })
  for (const target of ['/x/../oauth/token', 'http://any.example/x/../oauth/token']) {
    const headers = 'Host: any.example\r\nConnection: close'
    const { text } = await sendRaw(issuer, `GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`)
    t.true(text.endsWith('the host'), target)
  }
})

test('behind a parser that makes objects of parameters, as qs does of many equal names: they are refused', async (t) => {
  const host = await startHost(t, {
    createListener(server) {
      const handler = server.handler()
      return async (request, response) => {
        for await (const _chunk of request);
        const body = { grant_type: 'client_credentials', scope: { 0: 'interview:read', 1: 'x' } }
        handler(Object.assign(request, { body }), response)
      }
    },
  })
  const { clientId } = host.client.client
  const response = await fetch(`${host.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: basicCredentials(clientId, host.client.clientSecret ?? '') },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  t.is(response.status, 400)
  t.like(await response.json(), { error: 'invalid_request' })
})

test('handler: rejects what is wrong with its options, all at once', async (t) => {
  await startHost(t, {
    createListener(server) {
      const wrong = {
        proxy: 'yes',
        proxyIpHeader: '',
        maxIpsCount: 0,
        onError: 1,
        trustProxy: true,
      }
      const error = t.throws(() => server.handler(wrong as object), {
        instanceOf: ConfigurationError,
        code: 'ERR_CONFIGURATION_INVALID',
      })
      const paths = error?.issues.map(({ path }) => path).sort()
      t.deepEqual(paths, ['maxIpsCount', 'onError', 'proxy', 'proxyIpHeader', 'trustProxy'])
      return server.handler({ proxy: false, maxIpsCount: 3 })
    },
  })
})
