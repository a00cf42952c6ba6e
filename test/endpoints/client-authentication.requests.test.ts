/** What the endpoints for programs make of a request before they look at who sent it. */

import test from 'ava'
import { basicCredentials, postAs, toForm } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'
import { assertRefused, tokensOf } from '../helpers/token-requests.ts'

const PATHS = { token: 'POST, OPTIONS', introspect: 'POST', revoke: 'POST, OPTIONS' }

for (const [path, allow] of Object.entries(PATHS)) {
  test(`/oauth/${path}: any other method is 405 with Allow (RFC 9110 §15.5.6)`, async (t) => {
    const server = await startServer(t)
    const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']
    if (path === 'introspect') methods.push('OPTIONS')
    for (const method of methods) {
      const response = await fetch(`${server.issuer}/oauth/${path}`, { method })
      t.is(response.headers.get('allow'), allow, method)
      t.is(response.status, 405, method)
      t.is(response.headers.get('access-control-allow-origin'), null)
      if (method !== 'HEAD') await assertRefused(t, response, 405, 'invalid_request')
    }
  })

  test(`POST /oauth/${path}: errors are JSON whatever Accept says (RFC 6749 §5.2, checklist 56)`, async (t) => {
    const server = await startServer(t)
    const url = `${server.issuer}/oauth/${path}`
    const { confidential } = server
    for (const accept of ['text/html', 'image/png', '*/*', 'text/html,application/xhtml+xml']) {
      const headers = { accept }
      await assertRefused(t, await postAs(confidential, url, {}, headers), 400, 'invalid_request')
      const stranger = await fetch(url, { method: 'POST', headers })
      await assertRefused(t, stranger, 401, 'invalid_client')
    }
  })

  test(`POST /oauth/${path}: a body that is not a form is 4xx JSON (RFC 6749 §3.2)`, async (t) => {
    const server = await startServer(t)
    const { client, clientSecret = '' } = server.confidential
    const authorization = basicCredentials(client.clientId, clientSecret)
    const json = JSON.stringify({ grant_type: 'client_credentials', token: 'x' })
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const response = await fetch(`${server.issuer}/oauth/${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body: json,
      })
      await assertRefused(t, response, 400, 'invalid_request')
    }
  })

  test(`POST /oauth/${path}: an over-long body is 4xx JSON, and nothing of it is read as a form`, async (t) => {
    const server = await startServer(t)
    const { client, clientSecret = '' } = server.confidential
    const response = await fetch(`${server.issuer}/oauth/${path}`, {
      method: 'POST',
      headers: { authorization: basicCredentials(client.clientId, clientSecret) },
      body: toForm({ grant_type: 'client_credentials', token: 'x'.repeat(200_000) }),
    })
    t.true(response.status >= 400 && response.status < 500)
    t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  })
}

test('POST /oauth/token: unknown parameters are ignored, empty ones absent (OAuth 2.1 §3.2, checklist 10)', async (t) => {
  const server = await startServer(t)
  const url = `${server.issuer}/oauth/token`
  const response = await postAs(server.confidential, url, {
    grant_type: 'client_credentials',
    scope: '',
    resource: '',
    client_secret: '',
    unknown: 'x',
    __proto__x: 'y',
    'constructor[prototype]': 'z',
  })
  await tokensOf(t, response)
})

test('POST /oauth/token: a successful response is JSON whatever Accept says (RFC 6749 §5.1)', async (t) => {
  const server = await startServer(t)
  const url = `${server.issuer}/oauth/token`
  const parameters = { grant_type: 'client_credentials' }
  const response = await postAs(server.confidential, url, parameters, { accept: 'text/html' })
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  await tokensOf(t, response)
})
