/**
 * Without the option `openIdConnect`, every response is what it was before there was one: byte for byte that of
 * `absent.recording.txt`, which was recorded then.
 *
 * A change of the pages or of the contract changes the recording: `RECORD=1 npx ava test/openid-connect/absent.test.ts`
 * writes it. A change of OpenID Connect alone never does.
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  ConfigurationError,
  createAuthorizationServer,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import type { Browser, Visit } from '../helpers/browser.ts'
import { type HostApplication, startHost } from '../helpers/host-application.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { ADA, CONFIDENTIAL_CLIENT } from '../helpers/start-server.ts'
import { CLIENTS_PATH } from '../helpers/super-admin.ts'
import { decodeJwt } from '../helpers/token-requests.ts'
import { validOptions } from '../helpers/valid-options.ts'

const RECORDING = fileURLToPath(new URL('absent.recording.txt', import.meta.url))
const ISSUER = 'https://login.teamcast.test'
const USERINFO = `${ISSUER}/oauth/userinfo`
/** In the future: cookies that are set then are still good. */
const NOW = 4_000_000_000

/** Headers of the connection, not of the response. */
const CONNECTION_HEADERS = ['connection', 'date', 'keep-alive']

/** What is random, or of the day, in a response, and what stands for it. A stylesheet's hash is in the headers. */
const RANDOM: ReadonlyArray<readonly [random: RegExp, placeholder: string]> = [
  [/(?<=[?&]code=)[^&"]+/g, '<code>'],
  [/(?<=prt(?:=|&#61;))[\w-]+/g, '<prt>'],
  [/(?<=oauth_prt_|\/oauth\/authorize\/)[\w-]+/g, '<id>'],
  [/(?<="csrf" value=")[^"]+/g, '<csrf>'],
  [/(?<=^set-cookie: [^=]+=)[^;]+/gm, '<value>'],
  [/(?<=expires=)(?!Thu, 01 Jan 1970)[^;\n]+/g, '<date>'],
  [/(?<=<style>).*?(?=<\/style>)/gs, '<stylesheet>'],
  [/(?<=^etag: ")[\w-]{43}(?=")/gm, '<hash>'],
  [/tc_\w{22}/g, '<client id>'],
  [/tcs_[\w-]+/g, '<secret>'],
  [/tcr_[\w.-]+/g, '<refresh token>'],
  [/(?<="(?:jti|grant_id|kid|n|secretId)":")[^"]+/g, '<random>'],
]

/** Parameters of OpenID Connect Core 1.0 §3.1.2.1, §5.5, §6 and §7.2.1, and of the scopes that it has. */
const PARAMETERS: ReadonlyArray<Readonly<Record<string, string>>> = [
  { nonce: 'n-0S6_WzA2Mj' },
  { max_age: '0' },
  { max_age: '-1' },
  { prompt: 'none' },
  { prompt: 'login' },
  { prompt: 'none login' },
  { display: 'popup' },
  { ui_locales: 'de en' },
  { claims_locales: 'de en' },
  { id_token_hint: 'eyJhbGciOiJub25lIn0.e30.' },
  { login_hint: ADA.email },
  { acr_values: '1' },
  { claims: '{"id_token":{"email":null}}' },
  { request: 'eyJhbGciOiJub25lIn0.e30.' },
  { request_uri: 'https://recruiter.example/request' },
  { registration: '{}' },
  { response_mode: 'form_post' },
  { response_type: 'id_token', nonce: 'n-0S6_WzA2Mj' },
  { response_type: 'code id_token', nonce: 'n-0S6_WzA2Mj' },
  { scope: 'openid' },
  { scope: 'interview:read openid' },
  { scope: 'openid profile email' },
  { scope: 'interview:read offline_access' },
  { resource: USERINFO },
]

test('without OpenID Connect, every response is byte for byte the recorded one', async (t) => {
  const host = await startHost(t, {
    issuer: ISSUER,
    options: { clock: () => NOW, authorizeSuperAdmin: () => 'allowed' },
  })
  const recorder = createRecorder()

  await recordDocuments(host, recorder)
  await recordRegistrations(host, recorder)
  const browser = host.startBrowser()
  await recordWholeFlow(t, host, recorder, browser)
  await recordTokenRequests(host, recorder)
  for (const changes of PARAMETERS) {
    const title = new URLSearchParams(changes)
    const url = authorizationUrl(ISSUER, host.client, changes)
    recorder.visit(`authorize, ${title}`, await host.startBrowser().open(url))
    recorder.visit(`authorize, ${title}, signed in`, await browser.open(url))
  }
  recordCatalogues(recorder)

  if (process.env['RECORD'] === '1') await writeFile(RECORDING, recorder.entries.join('\n'))
  const recorded = (await readFile(RECORDING, 'utf8')).split(/\n(?==== )/)
  for (const [index, entry] of recorder.entries.entries()) t.is(entry, recorded[index] ?? '')
  t.is(recorder.entries.length, recorded.length)
})

interface Recorder {
  /** Records a response, and returns its body. */
  response(title: string, response: Response): Promise<string>
  /** Records all responses of a navigation. */
  visit(title: string, visit: Visit): void
  add(title: string, text: string): void
  readonly entries: ReadonlyArray<string>
}

function createRecorder(): Recorder {
  const entries: Array<string> = []
  const pages = new Map<string, string>()
  const withoutRandom = (text: string): string => {
    const decoded = text.replaceAll(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{100,}/g, describeJwt)
    return RANDOM.reduce((all, [random, name]) => all.replaceAll(random, name), decoded)
  }
  const add = (title: string, text: string): void => {
    entries.push(`=== ${withoutRandom(title)}\n${withoutRandom(text)}\n`)
  }
  /** A page that was recorded before is named only. */
  const bodyOf = (title: string, body: string): string => {
    const page = withoutRandom(body)
    const earlier = pages.get(page)
    if (earlier !== undefined) return `<the page of: ${earlier}>`
    if (page.startsWith('<!doctype')) pages.set(page, title)
    return page
  }
  const head = ({ status, headers }: Response): string =>
    [...headers]
      .filter(([name]) => !CONNECTION_HEADERS.includes(name))
      .reduce((lines, [name, value]) => `${lines}\n${name}: ${value}`, String(status))

  return {
    entries,
    add,
    async response(title, response) {
      const body = await response.text()
      add(title, `${head(response)}\n\n${bodyOf(title, body)}`)
      return body
    },
    visit(title, { responses, html }) {
      add(title, `${responses.map(head).join('\n\n')}\n\n${bodyOf(title, html)}`)
    },
  }
}

const describeJwt = (token: string): string =>
  `<JWT ${JSON.stringify(decodeJwt(token, 'header'))}.${JSON.stringify(decodeJwt(token, 'payload'))}>`

async function recordDocuments({ reach }: HostApplication, recorder: Recorder): Promise<void> {
  for (const [method, path] of [
    ['GET', '/.well-known/oauth-authorization-server'],
    ['GET', '/.well-known/openid-configuration'],
    ['GET', '/.well-known/jwks.json'],
    ['GET', '/oauth/userinfo'],
    ['POST', '/oauth/userinfo'],
    ['OPTIONS', '/oauth/userinfo'],
    ['POST', '/oauth/authorize'],
  ] as const) {
    await recorder.response(`${method} ${path}`, await fetch(reach(ISSUER + path), { method }))
  }
}

async function recordRegistrations({ reach }: HostApplication, recorder: Recorder): Promise<void> {
  for (const changes of [
    {},
    { scopes: ['openid'] },
    { scopes: ['interview:read', 'openid', 'profile', 'email'] },
    { scopes: ['interview:read', 'offline_access'] },
    { subjectType: 'public' },
    { idTokenSignedResponseAlg: 'RS256' },
  ]) {
    const response = await fetch(reach(ISSUER + CLIENTS_PATH), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...CONFIDENTIAL_CLIENT, ...changes }),
    })
    await recorder.response(`register, ${JSON.stringify(changes)}`, response)
  }
}

/** Sign-in page, consent page, code, tokens, connections. */
async function recordWholeFlow(
  t: ExecutionContext,
  { client, reach }: HostApplication,
  recorder: Recorder,
  browser: Browser,
): Promise<void> {
  const url = authorizationUrl(ISSUER, client, { nonce: 'n-0S6_WzA2Mj' })
  const signInPage = await browser.open(url)
  recorder.visit('authorize with nonce', signInPage)
  const consentPage = await browser.signIn(signInPage, ADA.email)
  recorder.visit('sign in', consentPage)
  const allowed = await browser.submit(consentPage, { action: 'allow' })
  recorder.visit('allow', allowed)
  const code = allowed.callback?.searchParams.get('code') ?? ''
  t.not(code, '')

  const post = (path: string, parameters: Readonly<Record<string, string>>): Promise<Response> =>
    postAs(client, String(reach(ISSUER + path)), parameters)
  const redeem = { grant_type: 'authorization_code', code, code_verifier: CODE_VERIFIER }
  const tokens = JSON.parse(
    await recorder.response('redeem the code', await post('/oauth/token', redeem)),
  )
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  const refreshed = JSON.parse(
    await recorder.response('refresh', await post('/oauth/token', refresh)),
  )
  for (const [name, token] of [
    ['the access token', refreshed.access_token],
    ['the refresh token', refreshed.refresh_token],
    ['no token', 'nothing'],
  ]) {
    await recorder.response(`introspect ${name}`, await post('/oauth/introspect', { token }))
  }
  const withScope = { ...refresh, refresh_token: refreshed.refresh_token, scope: 'openid' }
  await recorder.response('refresh with scope=openid', await post('/oauth/token', withScope))
  const headers = { authorization: `Bearer ${refreshed.access_token}` }
  await recorder.response(
    'GET /oauth/userinfo with a token',
    await fetch(reach(USERINFO), { headers }),
  )
  recorder.visit('connections', await browser.open(`${ISSUER}/account/connections`))
}

async function recordTokenRequests(
  { client, reach }: HostApplication,
  recorder: Recorder,
): Promise<void> {
  const token = String(reach(`${ISSUER}/oauth/token`))
  for (const changes of [{}, { scope: 'openid' }, { scope: 'interview:read openid' }]) {
    const parameters = { grant_type: 'client_credentials', ...changes }
    const title = `client_credentials ${new URLSearchParams(changes)}`
    const body = await recorder.response(title, await postAs(client, token, parameters))
    const { access_token: accessToken } = JSON.parse(body)
    if (accessToken === undefined) continue
    const introspection = String(reach(`${ISSUER}/oauth/introspect`))
    await recorder.response(
      'introspect the client’s token',
      await postAs(client, introspection, { token: accessToken }),
    )
  }
}

/** What the host is told at start-up about scopes that OpenID Connect has. */
function recordCatalogues(recorder: Recorder): void {
  for (const scope of ['openid', 'profile', 'email', 'offline_access']) {
    try {
      createAuthorizationServer({
        ...validOptions(),
        scopes: { ...TEAMCAST_SCOPES, [scope]: 'A sentence.' },
      })
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      recorder.add(`a catalogue with ${scope}`, error.message)
    }
  }
}
