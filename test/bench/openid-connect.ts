/**
 * What an ID token costs: the CPU time of a code exchange with `openid`, of one without, and of one RS256 signature, in
 * memory. The difference must be at most 1.1 signatures.
 *
 * `taskset -c 1 node --conditions=teamcast-source test/bench/openid-connect.ts`
 *
 * @module
 */

import { createPrivateKey, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { RegisteredClient } from '@teamcast/oauth-server'
import { startTestServer } from '@teamcast/oauth-server/testing'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { startBrowser } from '../helpers/browser.ts'
import { authorizationUrl, basicCredentials, CODE_VERIFIER, toForm } from '../helpers/requests.ts'
import { ADA, CONFIDENTIAL_CLIENT } from '../helpers/start-server.ts'
import { createBenchClient } from './http-client.ts'

const REPETITIONS = 20
const STEPS = 200
const API_SCOPE = 'interview:read'

const server = await startTestServer({
  openIdConnect: {},
  users: [{ ...ADA, emailVerified: true, picture: 'https://pictures.bench.example/ada.png' }],
  clients: [{ ...CONFIDENTIAL_CLIENT, scopes: ['openid', 'profile', 'email', API_SCOPE] }],
})
const [first] = server.clients
if (first === undefined) throw new Error('the client was not registered')
const registered: RegisteredClient = first
const { client, clientSecret = '' } = registered
const authorization = basicCredentials(client.clientId, clientSecret)
const browser = startBrowser()
const send = createBenchClient()
await browser.authorize(authorizationUrl(server.issuer, registered), ADA.email)

async function authorizeOnce(scope: string): Promise<string> {
  const { callback } = await browser.open(authorizationUrl(server.issuer, registered, { scope }))
  const code = callback?.searchParams.get('code')
  if (!code) throw new Error(`there is no code in ${callback}`)
  return code
}

async function redeem(code: string): Promise<void> {
  const parameters = { grant_type: 'authorization_code', code, code_verifier: CODE_VERIFIER }
  const { status, body } = await send(`${server.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: String(toForm(parameters)),
  })
  if (status !== 200) throw new Error(`the token endpoint responded with ${status}: ${body}`)
}

/** CPU time of a step, in microseconds. */
async function cpuOf(step: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await step()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

const signOnThreadPool = promisify(sign)
const key = createPrivateKey({ key: testSigningKey(), format: 'jwk' })
const text = Buffer.alloc(600, 'x') // about as long as the claims

function median(values: ReadonlyArray<number>): number {
  return (
    [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
  )
}

const measured = { plain: [0], identity: [0], signature: [0] }
for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
  // One of each in turn, so that what else the machine does is the same for all.
  const codes: Array<readonly [plain: string, identity: string]> = []
  while (codes.length < STEPS) {
    codes.push([
      await authorizeOnce(`profile email ${API_SCOPE}`),
      await authorizeOnce(`openid profile email ${API_SCOPE}`),
    ])
  }
  for (const [plain, identity] of codes) {
    measured.plain.push(await cpuOf(() => redeem(plain)))
    measured.identity.push(await cpuOf(() => redeem(identity)))
    measured.signature.push(await cpuOf(() => signOnThreadPool('sha256', text, key)))
  }
}
await server.close()

const plain = median(measured.plain)
const identity = median(measured.identity)
const signature = median(measured.signature)
const rows = [
  ['code exchange without `openid`', plain.toFixed(0)],
  ['code exchange with `openid`', identity.toFixed(0)],
  ['one RS256 signature', signature.toFixed(0)],
  ['**difference, in signatures**', `**${((identity - plain) / signature).toFixed(2)}**`],
]
process.stdout.write('| | CPU µs |\n| --- | --: |\n')
for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`)
