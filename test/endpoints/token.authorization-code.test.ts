import test from 'ava'
import { postAs } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'

test('POST /oauth/token authorization_code: 50 parallel redemptions give exactly one success, whose tokens die (OAuth 2.1 §4.1.3)', async (t) => {
  const server = await startServer(t)
  const { code, codeVerifier } = await server.authorize({
    userId: 'ada',
    clientId: server.confidential.client.clientId,
  })

  const responses = await Promise.all(
    Array.from({ length: 50 }, () =>
      postAs(server.confidential, `${server.issuer}/oauth/token`, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
      }),
    ),
  )

  const winners = responses.filter(({ status }) => status === 200)
  t.is(winners.length, 1)
  const losers = responses.filter(({ status }) => status !== 200)
  for (const loser of losers) {
    t.is(loser.status, 400)
    t.like(await loser.json(), { error: 'invalid_grant' })
  }
  const token = await accessTokenOf(winners[0])
  const introspection = await postAs(server.confidential, `${server.issuer}/oauth/introspect`, {
    token,
  })
  t.deepEqual(await introspection.json(), { active: false })
})

async function accessTokenOf(response: Response | undefined): Promise<string> {
  const { access_token: token } = (await response?.json()) ?? {}
  return token
}
