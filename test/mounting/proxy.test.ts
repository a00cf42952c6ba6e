import { request as httpRequest } from 'node:http'
import type { AuditEvent } from '@teamcast/oauth-server'
import test from 'ava'
import { type HostApplication, startHost } from '../helpers/host-application.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { completeFlow } from '../helpers/whole-flow.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'
const FORWARDED = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'mayaapi.teamcast.ai',
  'x-forwarded-for': '203.0.113.7',
}
const HOSTILE_FORWARDED = {
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-for': "203.0.113.7, ' or 1=1",
  'x-forwarded-port': '1',
  'x-forwarded-prefix': '/evil',
  'x-original-url': '/evil',
  forwarded: 'for=1;host=evil.example;proto=http',
}

for (const proxy of [false, true]) {
  for (const [what, headers] of [
    ['no X-Forwarded headers', {}],
    ['X-Forwarded headers', FORWARDED],
    ['hostile X-Forwarded headers', HOSTILE_FORWARDED],
  ] as const) {
    test(`behind a TLS proxy with ${what}, app.proxy ${proxy}: URLs are the issuer’s, cookies Secure and __Host-`, async (t) => {
      const host = await startHost(t, {
        issuer: ISSUER,
        assemble(app, server) {
          app.proxy = proxy
          app.use(server.middleware())
        },
      })

      const { pages } = await completeFlow(t, host, host.startBrowser({ headers }))

      const cookies = setCookiesOf(pages.flatMap(({ responses }) => responses))
      t.true(cookies.length >= 3)
      for (const cookie of cookies) {
        t.regex(cookie, /^__Host-/)
        t.regex(cookie, /; path=\/;/)
        t.regex(cookie, /; secure/i)
        t.regex(cookie, /; httponly/i)
        t.regex(cookie, /; samesite=lax/i)
        t.notRegex(cookie, /; domain/i)
      }
      t.deepEqual(host.errors, [])
    })
  }
}

test('behind a TLS proxy, below a path: cookies are Secure and for the path', async (t) => {
  const issuer = `${ISSUER}/auth`
  const host = await startHost(t, { issuer })

  const { pages } = await completeFlow(t, host)

  const cookies = setCookiesOf(pages.flatMap(({ responses }) => responses))
  t.true(cookies.length >= 3)
  for (const cookie of cookies) {
    t.regex(cookie, /; path=\/auth;/)
    t.regex(cookie, /; secure/i)
  }
})

test('the audit shows the address that the proxy reports, if the host trusts it', async (t) => {
  for (const [proxy, ip] of [
    [true, '203.0.113.7'],
    [false, '127.0.0.1'],
  ] as const) {
    const events: Array<AuditEvent> = []
    const host = await startHost(t, {
      issuer: ISSUER,
      options: { onEvent: (event) => void events.push(event) },
      assemble(app, server) {
        app.proxy = proxy
        app.use(server.middleware())
      },
    })
    const browser = host.startBrowser({ headers: FORWARDED })
    await browser.authorize(authorizationUrl(ISSUER, host.client), 'ada@acme.test')
    const ofRequests = events.filter(({ type }) => type !== 'client.registered')
    t.true(ofRequests.length >= 3)
    t.deepEqual([...new Set(ofRequests.map((event) => event.ip))], [ip])
  }
})

const hostileHosts = [
  'evil.example',
  'evil.example:99999',
  'user@evil.example',
  'evil.example/path',
  'evil.example?x',
  '[::1',
  '[',
  ':',
  '%00',
  '"><script>',
  'a b',
  'evil.example, mayaapi.teamcast.ai',
]

for (const hostHeader of hostileHosts) {
  for (const proxy of [false, true]) {
    test(`Host: ${hostHeader}, app.proxy ${proxy}: changes nothing that the server says`, async (t) => {
      const host = await startHost(t, {
        issuer: ISSUER,
        assemble(app, server) {
          app.proxy = proxy
          app.use(server.middleware())
        },
      })
      const { client } = host
      const headers = { host: hostHeader, 'x-forwarded-host': hostHeader }
      const get = (path: string): Promise<Answer> => getRaw(host, path, headers)
      const { pathname, search } = authorizationUrl(ISSUER, client)
      const refused = authorizationUrl(ISSUER, client, { scope: '' })
      const strange = authorizationUrl(ISSUER, client, { client_id: 'x' })

      const metadata = await get('/.well-known/oauth-authorization-server')
      t.is(metadata.status, 200)
      t.like(JSON.parse(metadata.text), { issuer: ISSUER, token_endpoint: `${ISSUER}/oauth/token` })
      const started = await get(pathname + search)
      t.is(started.status, 302)
      t.true(started.location.startsWith('/oauth/continue?prt='))
      const error = await get(refused.pathname + refused.search)
      t.is(error.status, 302)
      t.is(new URL(error.location).searchParams.get('iss'), ISSUER)
      t.is((await get(strange.pathname + strange.search)).status, 400)
      t.is((await get('/oauth/continue?prt=x')).status, 400)
      for (const { text, location } of [metadata, started, error]) {
        t.false((text + location).includes('evil'))
      }
      t.deepEqual(host.errors, [])
    })
  }
}

interface Answer {
  readonly status: number | undefined
  readonly location: string
  readonly text: string
}

/** A GET with headers that `fetch` does not let through. */
function getRaw(
  { origin }: HostApplication,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, headers }, async (response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      resolve({ status: response.statusCode, location: response.headers.location ?? '', text })
    })
    request.once('error', reject)
    request.end()
  })
}

function setCookiesOf(responses: ReadonlyArray<Response>): ReadonlyArray<string> {
  return responses.flatMap(({ headers }) => headers.getSetCookie())
}
