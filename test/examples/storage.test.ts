import test, { type ExecutionContext } from 'ava'
import { authorize } from '../../lib/testing/authorize.ts'
import { createUserAgent, type UserAgent } from '../../lib/testing/user-agent.ts'
import { postAs } from '../helpers/requests.ts'
import { type RunningExample, startExample } from '../helpers/start-example.ts'
import { makeDirectory } from '../helpers/start-process.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { CONFIDENTIAL_CLIENT } from '../helpers/start-server.ts'

const SUPER_ADMIN_TOKEN = 'a-super-admin-token-of-32-letters'
const PASSWORD = 'correct horse battery staple'

type Registered = Parameters<typeof postAs>[0]

async function registerClient(
  t: ExecutionContext,
  { hostUrl }: RunningExample,
): Promise<Registered> {
  const response = await fetch(`${hostUrl}/super-admin/oauth-clients`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${SUPER_ADMIN_TOKEN}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(CONFIDENTIAL_CLIENT),
  })
  t.is(response.status, 201)
  const { clientSecret, ...client } = await response.json()
  return { client, clientSecret }
}

/** Takes Ada to a code; a user agent with a session and a consent needs no answers on the way. */
async function issueTokens(
  t: ExecutionContext,
  example: RunningExample,
  client: Registered,
  userAgent: UserAgent,
  password = PASSWORD,
): Promise<{ readonly refresh_token: string }> {
  const { code, codeVerifier } = await authorize({
    authorizationEndpoint: `${example.hostUrl}/oauth/authorize`,
    clientId: client.client.clientId,
    redirectUri: client.client.redirectUris[0] ?? '',
    scopes: ['interview:read'],
    username: 'ada@acme.test',
    password,
    userAgent,
  })
  const response = await postAs(client, `${example.hostUrl}/oauth/token`, {
    grant_type: 'authorization_code',
    code,
    code_verifier: codeVerifier,
  })
  t.is(response.status, 200)
  return await response.json()
}

async function refresh(
  example: RunningExample,
  client: Registered,
  refreshToken: string,
): Promise<Response> {
  return await postAs(client, `${example.hostUrl}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })
}

test('the example with STORAGE=pglite: stopped and started again, clients, consents, sessions and refresh tokens are still there', async (t) => {
  const directory = await makeDirectory('example')
  t.teardown(() => directory.remove())
  const environment = { STORAGE: 'pglite', DATA_DIR: directory.path, SUPER_ADMIN_TOKEN }
  const first = await startExample(environment)
  const client = await registerClient(t, first)
  const userAgent = createUserAgent()
  const tokens = await issueTokens(t, first, client, userAgent)
  await first.end()

  const again = await startExample({
    ...environment,
    PORT: new URL(first.hostUrl).port,
    CLIENT_PORT: new URL(first.partnerUrl).port,
  })
  t.teardown(() => again.end())
  t.is((await refresh(again, client, tokens.refresh_token)).status, 200)
  // Neither asked for a password nor for consent: this one would not do.
  await issueTokens(t, again, client, userAgent, 'a wrong password')
  // The partner kept its registration, and its button works.
  const start = await fetch(`${again.partnerUrl}/sign-in`, { redirect: 'manual' })
  const authorizationUrl = start.headers.get('location') ?? ''
  t.is((await fetch(authorizationUrl, { redirect: 'manual' })).status, 302)
})

test('two examples with the same ISSUER and store behave as one server', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const directory = await makeDirectory('example')
  t.teardown(() => directory.remove())
  const shared = {
    STORAGE: 'redis',
    REDIS_URL: `unix://${redis.socketPath}`,
    DATA_DIR: directory.path,
    SUPER_ADMIN_TOKEN,
    CLIENT_PORT: '0',
    ISSUER: 'http://localhost:3000',
  }
  const [one, other] = await Promise.all([startExample(shared), startExample(shared)])
  t.teardown(() => Promise.all([one.end(), other.end()]))
  const keysOf = async ({ hostUrl }: RunningExample): Promise<unknown> =>
    (await fetch(`${hostUrl}/.well-known/jwks.json`)).json()
  t.deepEqual(await keysOf(one), await keysOf(other))

  const client = await registerClient(t, one)
  const own = await postAs(client, `${one.hostUrl}/oauth/token`, {
    grant_type: 'client_credentials',
  })
  const { access_token: token } = await own.json()
  const introspection = await postAs(client, `${other.hostUrl}/oauth/introspect`, { token })
  t.like(await introspection.json(), { active: true, iss: 'http://localhost:3000' })
  t.like(await (await fetch(`${other.hostUrl}/health`)).json(), { isHealthy: true })
})
