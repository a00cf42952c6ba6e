/** Partners' programs without a secret, in a real browser: a single-page application, and a native one. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import test from 'ava'
import { build } from 'esbuild'
import Koa from 'koa'
import type { Page, Response } from 'playwright-core'
import { PASSWORD } from '../helpers/browser.ts'
import { launchChromium, PATIENCE_MILLISECONDS } from '../helpers/chromium.ts'
import { ROOT } from '../helpers/documentation.ts'
import { createDocumentationProject } from '../helpers/documentation-project.ts'
import { ADA } from '../helpers/start-server.ts'
import {
  findOpenIdConnectSection,
  findPage,
  htmlOf,
  type PageProgram,
  preparePageProgram,
} from './page-programs.ts'
import { startTlsIssuer, type TlsIssuer } from './tls-issuer.ts'

let issuer: TlsIssuer
let openIdIssuer: TlsIssuer
const browser = await launchChromium()
test.before(async () => {
  issuer = await startTlsIssuer()
  openIdIssuer = await startTlsIssuer({ openIdConnect: {} })
})
test.after.always(async () => {
  await browser.close()
  await openIdIssuer.stop()
  await issuer.stop()
})

type Teardown = { teardown(end: () => Promise<void> | void): void }

/** Opens a page that trusts the issuer's certificate. */
async function openPage(t: Teardown): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  context.setDefaultTimeout(PATIENCE_MILLISECONDS)
  t.teardown(() => context.close())
  return await context.newPage()
}

/** Serves a page and its `app.js`, as a bundler builds it. */
async function serveSinglePage(
  t: Teardown,
  { code, origin }: PageProgram,
  html: string,
): Promise<void> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const app = new Koa()
  app.use((ctx) => {
    ctx.body = ctx.path === '/app.js' ? outputFiles[0]?.text : html
    ctx.type = ctx.path === '/app.js' ? 'text/javascript' : 'text/html'
  })
  const listener = createServer({ keepAliveTimeout: 0 }, app.callback())
  await once(listener.listen(Number(new URL(origin).port), '127.0.0.1'), 'listening')
  t.teardown(() => {
    listener.close()
    listener.closeAllConnections()
  })
}

async function signInAndAllow(page: Page): Promise<void> {
  await page.getByLabel('Email address').fill(ADA.email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Allow' }).press('Enter')
}

const isRefresh = (response: Response): boolean =>
  new URLSearchParams(response.request().postData() ?? '').get('grant_type') === 'refresh_token'

const tokenEvents = async (clientId: string): Promise<ReadonlyArray<string>> =>
  (await issuer.eventsOf(clientId)).filter((type) => type.startsWith('token.'))

test.serial(
  'oidc-client-ts, a single-page application at another origin: sign-in, a refresh by itself, revocation',
  async (t) => {
    const documentation = findPage('guides/clients/oidc-client-ts')
    const program = await preparePageProgram(documentation, issuer, {}, 900)
    const { clientId } = program.client.client
    await serveSinglePage(t, program, htmlOf(documentation))
    const page = await openPage(t)
    await page.clock.install()
    await page.goto(program.origin)
    await page.getByRole('button', { name: 'Sign in with Teamcast' }).click()
    await signInAndAllow(page)
    await page.getByRole('status').getByText('Signed in.').waitFor()
    t.is(new URL(page.url()).href, `${program.origin}/`)
    const refreshed = page.waitForResponse(isRefresh)
    await page.clock.fastForward(850_000) // a minute before it expires, and a little
    t.is((await refreshed).status(), 200)
    await page.getByRole('button', { name: 'My interviews' }).click()
    await page.getByRole('status').getByText(`"interviewsOf":"${ADA.userId}"`).waitFor()
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('status').getByText('Disconnected from Teamcast.').waitFor()

    t.deepEqual(await tokenEvents(clientId), [
      'token.issued',
      'token.issued',
      'token.revoked',
      'token.revoked',
    ])
  },
)

for (const [library, section] of [
  ['oidc-client-ts', findOpenIdConnectSection('oidc-client-ts')],
  ['okta-auth-js', findPage('guides/clients/okta-auth-js')],
] as const) {
  test.serial(
    `${library}, OpenID Connect: a single-page application shows the user's name and email address`,
    async (t) => {
      const program = await preparePageProgram(section, openIdIssuer, {}, 900)
      await serveSinglePage(t, program, htmlOf(findPage(`guides/clients/${library}`)))
      const page = await openPage(t)
      const userinfo = page.waitForResponse(`${openIdIssuer.issuer}/oauth/userinfo`)

      const nameAndEmail = page.getByRole('status').getByText(`${ADA.name}, ${ADA.email}`)

      await page.clock.install()
      await page.goto(program.origin)
      await page.getByRole('button', { name: 'Sign in with Teamcast' }).click()
      await signInAndAllow(page)
      await nameAndEmail.waitFor()
      t.is((await userinfo).status(), 200)
      t.is(page.url(), `${program.origin}/`)
      if (!program.client.client.allowedGrantTypes.includes('refresh_token')) return

      const refreshed = page.waitForResponse(isRefresh)
      await page.clock.fastForward(850_000)
      t.is((await refreshed).status(), 200)
      await page.reload()
      await nameAndEmail.waitFor()
    },
  )
}

for (const [host, replacements] of [
  ['127.0.0.1', {}],
  ['[::1]', { "'127.0.0.1'": "'::1'", 'http://127.0.0.1': 'http://[::1]' }],
] as const) {
  test.serial(
    `a native application that waits at http://${host} at any port, and the system's browser (RFC 8252 §7.3)`,
    async (t) => {
      const program = await preparePageProgram(
        findPage('guides/clients/oauth4webapi'),
        issuer,
        replacements,
      )
      const { clientId, redirectUris } = program.client.client
      t.deepEqual(redirectUris, [`http://${host}/callback`])
      const project = await createDocumentationProject()
      t.teardown(() => project.remove())
      await project.write(program.fileName, program.code)
      const { child, readyLine } = await project.startFile(program.fileName, /^Open (\S+)$/, {
        NODE_EXTRA_CA_CERTS: issuer.certificateFile,
        ...program.environment,
      })
      const page = await openPage(t)

      await page.goto(readyLine[1] ?? '')
      await signInAndAllow(page)
      await page.getByText('You may close this window.').waitFor()

      const { hostname, port } = new URL(page.url())
      t.is(hostname, host)
      t.not(port, '')
      await (child.exitCode === null && once(child, 'exit'))
      t.is(child.exitCode, 0)
      t.deepEqual(await tokenEvents(clientId), ['token.issued', 'token.issued', 'token.revoked'])
    },
  )
}
