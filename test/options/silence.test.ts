import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'

/** What a host does, and what oidc-provider, Koa and Node would have a word to say about. */
const SCRIPT = `
  import Koa from 'koa'
  import { startTestServer } from '@teamcast/oauth-server/testing'
  process.on('warning', (warning) => console.error('warning', warning))
  const server = await startTestServer({
    users: [{ userId: 'ada', tenantId: 'acme', name: 'Ada', email: 'ada@acme.test' }],
    clients: [{
      name: 'Acme Recruiter',
      clientType: 'CONFIDENTIAL',
      scopes: ['interview:read'],
      redirectUris: ['https://acme.example/callback'],
      allowedGrantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    }],
    authorizeSuperAdmin: () => 'allowed',
  })
  // In an application that is not told to be silent.
  await server.close()
  const app = new Koa().use(server.authorizationServer.middleware())
  const listener = app.listen(Number(new URL(server.issuer).port), '127.0.0.1')
  const [{ client: { clientId }, clientSecret }] = server.clients
  const post = (path, fields) => fetch(server.issuer + path, {
    method: 'POST',
    headers: { authorization: 'Basic ' + btoa(clientId + ':' + (fields.client_secret ?? clientSecret)) },
    body: new URLSearchParams({ ...fields, client_secret: '' }),
  })
  const answers = []
  const record = async (response) => answers.push((await response).status)
  await record(fetch(server.issuer + '/.well-known/oauth-authorization-server'))
  await record(fetch(server.issuer + '/.well-known/jwks.json'))
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  await record(post('/oauth/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }))
  await record(post('/oauth/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }))
  await record(post('/oauth/token', { grant_type: 'client_credentials' }))
  await record(post('/oauth/token', { grant_type: 'nonsense' }))
  await record(post('/oauth/token', { client_secret: 'wrong', grant_type: 'client_credentials' }))
  await record(post('/oauth/introspect', { token: tokens.access_token }))
  await record(post('/oauth/revoke', { token: tokens.access_token }))
  await record(fetch(server.issuer + '/oauth/authorize'))
  await record(fetch(server.issuer + '/oauth/continue?prt=nothing'))
  await record(fetch(server.issuer + '/super-admin/oauth-clients', { method: 'POST' }))
  await record(fetch(server.issuer + '/elsewhere'))
  listener.close()
  listener.closeAllConnections()
  process.exitCode = answers.join() === '200,200,200,400,200,400,401,200,200,400,400,415,404' ? 0 : 9
  if (process.exitCode !== 0) console.error(answers.join())
`

test('a server that starts, serves and refuses prints nothing and warns of nothing', async (t) => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=teamcast-source', '--input-type=module', '--eval', SCRIPT],
    { timeout: 120_000 },
  )

  t.is(stderr, '')
  t.is(stdout, '')
})
