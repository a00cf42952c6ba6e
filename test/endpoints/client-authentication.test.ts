import { createHash } from 'node:crypto'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { basicCredentials, toForm } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, type StartedServer, startServer } from '../helpers/start-server.ts'
import { assertRefused, changeClient, refresh, tokensOf } from '../helpers/token-requests.ts'

type Parameters = Readonly<Record<string, string | undefined>>

/** Asks for a client_credentials token with whatever credentials. */
function send(
  { issuer }: StartedServer,
  parameters: Parameters,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers,
    body: toForm({ grant_type: 'client_credentials', ...parameters }),
  })
}

/** Client id and secret of the server's confidential client. */
function credentialsOf({ confidential }: StartedServer): {
  readonly clientId: string
  readonly secret: string
} {
  const { client, clientSecret = '' } = confidential
  return { clientId: client.clientId, secret: clientSecret }
}

/** Every character percent-encoded, which RFC 6749 §2.3.1 allows. */
const encodeAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

const basic = (clientId: string, secret: string): string =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`

async function assertUnauthenticated(t: ExecutionContext, response: Response): Promise<void> {
  await assertRefused(t, response, 401, 'invalid_client')
}

const METHODS = ['client_secret_basic', 'client_secret_post'] as const
for (const registered of METHODS) {
  test(`client authentication: a client registered for ${registered} uses that method and no other (RFC 7591 §2, checklist 28)`, async (t) => {
    const server = await startServer(t)
    const { client, clientSecret = '' } = await server.registerClient({
      ...CONFIDENTIAL_CLIENT,
      tokenEndpointAuthMethod: registered,
    })
    const { clientId } = client
    const authorization = basicCredentials(clientId, clientSecret)
    const responses = {
      client_secret_basic: await send(server, {}, { authorization }),
      client_secret_post: await send(server, { client_id: clientId, client_secret: clientSecret }),
    }
    for (const method of METHODS) {
      if (method === registered) {
        await tokensOf(t, responses[method])
      } else {
        const { error_description: description } = await responses[method].clone().json()
        t.is(description, `the client is registered for ${registered}`)
        await assertUnauthenticated(t, responses[method])
      }
    }
  })
}

test('client authentication: the same client_id beside the header is a repetition, not a second method (OAuth 2.1 §2.4.1)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const authorization = basicCredentials(clientId, secret)
  await tokensOf(t, await send(server, { client_id: clientId }, { authorization }))
})

test('client authentication: the right secret by the wrong method is not counted as a guess (checklist 34)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const response = await send(server, { client_id: clientId, client_secret: secret })
    await assertUnauthenticated(t, response)
  }
  const authorization = basicCredentials(clientId, 'wrong')
  await assertUnauthenticated(t, await send(server, {}, { authorization }))
})

test('client authentication: a secret with % and + may be sent form-encoded or as it is (RFC 6749 appendix B)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { clientId } = credentialsOf(server)
  const [record] = (await storage.clients.find(clientId))?.secrets ?? []
  if (record === undefined) throw new Error('no secret')
  for (const secret of ['50%+tax', '100%', '%zz', 'a+b c', 'a%20b', ':%:', 'plain']) {
    await changeClient(storage, server.confidential, {
      secrets: [{ ...record, hash: createHash('sha256').update(secret).digest('base64url') }],
    })
    const formEncoded = new URLSearchParams({ s: secret }).toString().slice(2)
    for (const sent of [secret, encodeURIComponent(secret), formEncoded]) {
      const authorization = basic(clientId, sent)
      await tokensOf(t, await send(server, {}, { authorization }))
    }
    const authorization = basic(clientId, `${secret}x`)
    await assertUnauthenticated(t, await send(server, {}, { authorization }))
  }
})

test('client authentication: Basic with an empty secret says what to do, at every endpoint (RFC 6749 §2.3.1, §5.2)', async (t) => {
  const server = await startServer(t)
  for (const { client } of [server.public, server.confidential]) {
    const authorization = basic(client.clientId, '')
    for (const path of ['token', 'introspect', 'revoke']) {
      for (const client_id of [undefined, client.clientId]) {
        const body = toForm({ grant_type: 'refresh_token', token: 'x', client_id })
        const url = `${server.issuer}/oauth/${path}`
        const response = await fetch(url, { method: 'POST', headers: { authorization }, body })
        const { error_description: description } = await response.clone().json()
        t.regex(description, /PUBLIC client sends client_id/)
        await assertUnauthenticated(t, response)
      }
    }
    const feed = await fetch(`${server.issuer}/oauth/revocations`, { headers: { authorization } })
    t.regex((await feed.json()).error_description, /PUBLIC client sends client_id/)
  }
})

test('client authentication: Basic credentials are form-decoded (RFC 6749 §2.3.1, appendix B, checklist 29)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const presentations = [
    basic(encodeAll(clientId), encodeAll(secret)),
    basic(clientId, encodeAll(secret).toUpperCase()),
    basic(clientId.replace('_', '%5F'), secret),
    basic(clientId, secret).replace('Basic', 'basic'),
    basic(clientId, secret).replace('Basic', 'BASIC'),
  ]
  for (const authorization of presentations) {
    await tokensOf(t, await send(server, {}, { authorization }))
  }
})

test('client authentication: + % and : in presented credentials are decoded, compared and refused; never a failure (RFC 6749 §2.3.1, checklist 29)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  for (const wrong of [`${secret}+`, `${secret}%20`, `${secret}:`, `${secret}%3A`, `:${secret}`]) {
    const authorization = basic(clientId, wrong)
    await assertUnauthenticated(t, await send(server, {}, { authorization }))
  }
})

test('client authentication: any Authorization header that is no valid Basic is 401 invalid_client with a challenge (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const headers = [
    'Basic',
    'Basic ',
    'Basic =',
    'Basic !!!!',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    `Basic ${Buffer.from(':').toString('base64')}`,
    basic('', secret),
    basic(clientId, ''),
    basic(clientId, '%'),
    basic(clientId, '%E9'),
    basic(clientId, '%00'),
    basic(`${clientId}\u0000`, secret),
    `${basic(clientId, secret)} x`,
    `Bearer ${secret}`,
    `Digest username="${clientId}"`,
  ]
  for (const authorization of headers) {
    const response = await send(server, {}, { authorization })
    const text = `${authorization}: ${response.status}`
    await assertUnauthenticated(t, response)
    t.true(text.endsWith('401'), text)
  }
})

test('client authentication: the client_id of anybody beside a malformed Authorization header lets nobody in (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const headers = [
    'Basic',
    'Basic !!!!',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    basic(`${clientId}\u0000`, secret),
    basic(clientId, `${secret}\u007f`),
    `${basic(clientId, secret)} x`,
    `x ${basic(clientId, secret)}`,
    `Bearer ${secret}`,
  ]
  for (const { client } of [server.confidential, server.public]) {
    for (const authorization of headers) {
      const response = await send(server, { client_id: client.clientId }, { authorization })
      const { error_description: description } = await response.clone().json()
      t.is(description, 'the Authorization header must be Basic and well-formed', authorization)
      await assertUnauthenticated(t, response)
    }
  }
})

test('client authentication: two methods at once are invalid_request, even when both are right (OAuth 2.1 §2.4, checklist 28)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const authorization = basicCredentials(clientId, secret)
  const inBody = { client_id: clientId, client_secret: secret }
  await assertRefused(t, await send(server, inBody, { authorization }), 400, 'invalid_request')
  const assertion = { client_assertion: 'a.b.c', client_assertion_type: 'x' }
  await assertRefused(t, await send(server, assertion, { authorization }), 400, 'invalid_request')
})

test('client authentication: another client_id in the body than in the header is refused (OAuth 2.1 §2.4)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const authorization = basicCredentials(clientId, secret)
  const other = { client_id: server.tenant.client.clientId }
  await assertRefused(t, await send(server, other, { authorization }), 400, 'invalid_request')
})

test('client authentication: a wrong secret is 401 invalid_client, with a challenge for Basic (RFC 6749 §5.2, checklist 28)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const authorization = basicCredentials(clientId, 'wrong')
  const inHeader = await send(server, {}, { authorization })
  t.regex(inHeader.headers.get('www-authenticate') ?? '', /^Basic realm="http:\/\/127/)
  await assertUnauthenticated(t, inHeader)
  for (const wrong of ['wrong', secret.slice(0, -1), `${secret}x`, secret.toLowerCase(), ' ']) {
    const inBody = { client_id: clientId, client_secret: wrong }
    await assertUnauthenticated(t, await send(server, inBody))
  }
})

test('client authentication: an unknown client and a wrong secret get the same response (OAuth 2.1 §3.2.4, checklist 56)', async (t) => {
  const server = await startServer(t)
  const { clientId } = credentialsOf(server)
  const unknown = clientId.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  const answerTo = async (response: Response) => ({
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: await response.text(),
  })
  for (const path of ['token', 'introspect', 'revoke']) {
    const url = `${server.issuer}/oauth/${path}`
    const attempt = async (id: string, isBasic: boolean) =>
      answerTo(
        await fetch(url, {
          method: 'POST',
          headers: isBasic ? { authorization: basicCredentials(id, 'wrong') } : {},
          body: toForm({
            grant_type: 'client_credentials',
            token: 'x',
            ...(isBasic ? {} : { client_id: id, client_secret: 'wrong' }),
          }),
        }),
      )
    for (const isBasic of [true, false]) {
      t.deepEqual(await attempt(unknown, isBasic), await attempt(clientId, isBasic))
    }
  }
})

test('client authentication: no credentials at all are 401 with a challenge, on all three endpoints (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  for (const path of ['token', 'introspect', 'revoke']) {
    for (const body of [toForm({ grant_type: 'client_credentials', token: 'x' }), undefined]) {
      const response = await fetch(`${server.issuer}/oauth/${path}`, {
        method: 'POST',
        ...(body === undefined ? {} : { body }),
      })
      t.regex(response.headers.get('www-authenticate') ?? '', /^Basic realm="/)
      await assertUnauthenticated(t, response)
    }
  }
})

test('client authentication: a PUBLIC client that sends a secret is refused (OAuth 2.1 §2.4, checklist 31)', async (t) => {
  const server = await startServer(t)
  const { client } = server.public
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: client.clientId,
  })
  const request = { grant_type: 'refresh_token', refresh_token: token }
  const inBody = { ...request, client_id: client.clientId, client_secret: 'anything' }
  await assertUnauthenticated(t, await send(server, inBody))
  const authorization = basicCredentials(client.clientId, 'anything')
  await assertUnauthenticated(t, await send(server, request, { authorization }))
  await tokensOf(t, await refresh(server, server.public, token))
})

test('client authentication: a CONFIDENTIAL client without its secret is refused (OAuth 2.1 §2.4, checklist 31)', async (t) => {
  const server = await startServer(t)
  const { clientId } = credentialsOf(server)
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const request = { client_id: clientId, grant_type: 'refresh_token', refresh_token: token }
  for (const secret of [undefined, '']) {
    await assertUnauthenticated(t, await send(server, { ...request, client_secret: secret }))
  }
  await tokensOf(t, await refresh(server, server.confidential, token))
})

test('client authentication: assertions are not a method of this server (RFC 7523 §2.2)', async (t) => {
  const server = await startServer(t)
  const { clientId } = credentialsOf(server)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const response = await send(server, {
    client_id: clientId,
    client_assertion: `${part({ alg: 'HS256' })}.${part({ sub: clientId, iss: clientId })}.x`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  await assertUnauthenticated(t, response)
})

test('client authentication: credentials in the query are never read (OAuth 2.1 §2.4.1, checklist 33)', async (t) => {
  const server = await startServer(t)
  const { clientId, secret } = credentialsOf(server)
  const query = toForm({
    client_id: clientId,
    client_secret: secret,
    grant_type: 'client_credentials',
    token: 'x',
  })
  for (const path of ['token', 'introspect', 'revoke']) {
    const url = `${server.issuer}/oauth/${path}?${query}`
    const body = toForm({ grant_type: 'client_credentials', token: 'x' })
    await assertUnauthenticated(t, await fetch(url, { method: 'POST', body }))
  }
  // Nor do they disturb a request that is authenticated properly.
  const authorization = basicCredentials(clientId, secret)
  const url = `${server.issuer}/oauth/token?client_id=other&grant_type=password&scope=x`
  const body = toForm({ grant_type: 'client_credentials' })
  await tokensOf(t, await fetch(url, { method: 'POST', headers: { authorization }, body }))
})

test('client authentication: two secrets are good while they overlap, an expired one never (checklist 30)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId, secret: oldSecret } = credentialsOf(server)
  const other = await server.registerClient(CONFIDENTIAL_CLIENT)
  const newSecret = other.clientSecret ?? ''
  const secretsOf = async (id: string) => (await storage.clients.find(id))?.secrets ?? []
  const [oldRecord] = await secretsOf(clientId)
  const [newRecord] = await secretsOf(other.client.clientId)
  if (oldRecord === undefined || newRecord === undefined) throw new Error('no secrets')
  const expiresAt = server.clock.now() + 100
  await changeClient(storage, confidential, { secrets: [newRecord, { ...oldRecord, expiresAt }] })

  const attempt = (clientSecret: string) =>
    send(server, {}, { authorization: basicCredentials(clientId, clientSecret) })
  server.clock.advance(99)
  await tokensOf(t, await attempt(oldSecret))
  await tokensOf(t, await attempt(newSecret))
  server.clock.advance(1)
  await assertUnauthenticated(t, await attempt(oldSecret))
  await tokensOf(t, await attempt(newSecret))
  await changeClient(storage, confidential, { secrets: [] })
  await assertUnauthenticated(t, await attempt(newSecret))
})

test('client authentication: one client’s secret is not another’s (OAuth 2.1 §2.4.1)', async (t) => {
  const server = await startServer(t)
  const { secret } = credentialsOf(server)
  const mixed = { client_id: server.tenant.client.clientId, client_secret: secret }
  await assertUnauthenticated(t, await send(server, mixed))
})

test('client authentication: the stored hash of a secret is not accepted as one (checklist 48)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { clientId } = credentialsOf(server)
  const record = await storage.clients.find(clientId)
  const hash = record?.secrets[0]?.hash ?? ''
  t.regex(hash, /^[\w-]{43}$/)
  await assertUnauthenticated(t, await send(server, { client_id: clientId, client_secret: hash }))
})
