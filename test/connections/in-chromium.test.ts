/**
 * The pages in a real browser, which says by itself where its requests come from, and which of several
 * cookies it sends.
 */

import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { AuthorizationServer, RegisteredClient, User } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { PASSWORD } from '../helpers/browser.ts'
import { launchChromium, PATIENCE_MILLISECONDS } from '../helpers/chromium.ts'
import { startHost } from '../helpers/host-application.ts'
import { listen, listenWithTls } from '../helpers/listen.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, CONFIDENTIAL_CLIENT, GRACE, startServer } from '../helpers/start-server.ts'

const browser = await launchChromium()
test.after.always(() => browser.close())

test.serial(
  'account in Chromium: signs in, disconnects and signs out, with the keyboard and no script',
  async (t) => {
    const { issuer, confidential, authorize, authorizationServer } = await startServer(t)
    await authorize({ userId: 'ada', clientId: confidential.client.clientId })
    const context = await browser.newContext({ javaScriptEnabled: false })
    context.setDefaultTimeout(PATIENCE_MILLISECONDS)
    t.teardown(() => context.close())
    const page = await context.newPage()
    const posted: Array<Request> = []
    page.on('request', (request) => {
      if (request.method() === 'POST') posted.push(request)
    })

    await page.goto(`${issuer}/account/connections`)
    await page.getByLabel('Email address').fill(ADA.email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Acme Recruiter' }).waitFor()
    await page.locator('summary').press('Enter')
    await page.getByRole('button', { name: 'Disconnect', exact: true }).press('Enter')
    await page.getByRole('status').waitFor()
    t.is(await page.getByRole('status').textContent(), 'Acme Recruiter is disconnected')
    t.deepEqual(await authorizationServer.connections.list('ada'), [])

    await page.reload()
    t.is(await page.getByRole('status').count(), 0)
    await page.getByRole('button', { name: 'Sign out' }).press('Enter')
    await page.getByLabel('Password').waitFor()
    // With `Referrer-Policy: no-referrer` it would be "null", which any site can send.
    for (const request of posted) {
      const { origin, 'sec-fetch-site': site } = await request.allHeaders()
      t.deepEqual({ origin, site }, { origin: new URL(issuer).origin, site: 'same-origin' })
    }
    t.is(posted.length, 3)
  },
)

test.serial(
  'account in Chromium: a form of a sibling site is refused, even with our cookies and our token',
  async (t) => {
    const { issuer, confidential, authorize, authorizationServer } = await startServer(t)
    const { clientId } = confidential.client
    await authorize({ userId: 'ada', clientId })
    const context = await browser.newContext({ javaScriptEnabled: false })
    context.setDefaultTimeout(PATIENCE_MILLISECONDS)
    t.teardown(() => context.close())
    const page = await context.newPage()
    await page.goto(`${issuer}/account/connections`)
    await page.getByLabel('Email address').fill(ADA.email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    const token = await page.locator('input[name="csrf"]').first().getAttribute('value')

    // Another port is another origin, but the same site: cookies are sent.
    const sibling = await listen(t)
    const app = new Koa()
    app.use((ctx) => {
      const fields = Object.entries({ csrf: token ?? '', action: 'disconnect', clientId })
      const inputs = fields.map(([name, value]) => `<input name="${name}" value="${value}">`)
      ctx.body = `<form method="post" action="${issuer}/account/connections">${inputs.join('')}<button>Win</button></form>`
    })
    sibling.serve(app)
    // In a tab of its own: the one before may still be navigating to what its form led to.
    const tab = await context.newPage()
    await tab.goto(sibling.origin)
    const [response] = await Promise.all([
      tab.waitForResponse((answer) => answer.request().method() === 'POST'),
      tab.getByRole('button', { name: 'Win' }).click(),
    ])
    t.is(response.status(), 403)
    const { cookie = '' } = await response.request().allHeaders()
    t.true(cookie.includes('oauth_session'))
    t.is((await authorizationServer.connections.list('ada')).length, 1)
  },
)

// ————— an issuer with a path, and a site beside it —————

/** `login.corp.example`, below a path, and its sibling `evil.corp.example`; both with TLS. */
interface Corporation {
  readonly issuer: string
  readonly server: AuthorizationServer
  readonly client: RegisteredClient
  /** What `evil.corp.example` answers. */
  setTrap(trap: Middleware): string
  /** The headers of the forms that reached the server. */
  readonly posted: ReadonlyArray<IncomingHttpHeaders>
  /** A browser of its own. */
  openContext(): Promise<{ readonly context: BrowserContext; readonly page: Page }>
}

const USERS: ReadonlyArray<User> = [ADA, GRACE]

async function startCorporation(t: ExecutionContext): Promise<Corporation> {
  const [login, evil] = await Promise.all([listenWithTls(t), listenWithTls(t)])
  const issuer = `https://login.corp.example:${login.port}/auth`
  const servers: Array<AuthorizationServer> = []
  const posted: Array<IncomingHttpHeaders> = []
  await startHost(t, {
    issuer,
    options: {
      findUser: async (userId) => USERS.find((user) => user.userId === userId),
      authenticateUser: async ({ username, password }) =>
        password === PASSWORD ? USERS.find(({ email }) => email === username) : undefined,
    },
    assemble(app, server) {
      servers.push(server)
      app.use((ctx, next) => {
        if (ctx.method === 'POST') posted.push(ctx.headers)
        return next()
      })
      app.use(server.middleware())
      login.serve(app)
    },
  })
  const [server] = servers as [AuthorizationServer]
  const client = await server.clients.register({
    ...CONFIDENTIAL_CLIENT,
    redirectUris: [`https://recruiter.corp.example:${evil.port}/callback`],
  })
  let trapped: Middleware = () => undefined
  const partner = new Koa()
  partner.use((ctx, next) => {
    if (ctx.path !== '/callback') return trapped(ctx, next)
    ctx.body = '<h1>Back at Acme Recruiter</h1>'
  })
  evil.serve(partner)
  return {
    issuer,
    server,
    client,
    posted,
    setTrap(trap) {
      trapped = trap
      return `https://evil.corp.example:${evil.port}/`
    },
    async openContext() {
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        javaScriptEnabled: false,
      })
      context.setDefaultTimeout(PATIENCE_MILLISECONDS)
      t.teardown(() => context.close())
      return { context, page: await context.newPage() }
    },
  }
}

async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email address').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).press('Enter')
}

async function heading(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

/** The attacker's pending request, and what plants its cookie for the whole domain. */
async function prepareTrap({ issuer, client, openContext }: Corporation): Promise<{
  readonly page: Page
  readonly url: string
  readonly secret: string
  readonly cookie: string
}> {
  const { context, page } = await openContext()
  await page.goto(String(authorizationUrl(issuer, client)))
  const cookies = await context.cookies()
  const { name = '', value: secret = '' } =
    cookies.find((cookie) => cookie.name.startsWith('oauth_prt_')) ?? {}
  const cookie = `${name}=${secret}; Domain=corp.example; Path=/auth; Secure`
  return { page, url: page.url(), secret, cookie }
}

test.serial(
  'an issuer with a path, in Chromium: a user who signs in on a request that a sibling site planted is signed in in their own browser only',
  async (t) => {
    const corporation = await startCorporation(t)
    const attacker = await prepareTrap(corporation)
    const trap = corporation.setTrap((ctx) => {
      ctx.set('Set-Cookie', attacker.cookie)
      ctx.redirect(attacker.url)
    })
    const victim = await corporation.openContext()
    const prt = new URL(attacker.url).searchParams.get('prt')
    const assertNothingGained = async (title: string | RegExp): Promise<void> => {
      for (const url of [attacker.url, `${corporation.issuer}/oauth/authorize/${prt}`]) {
        await attacker.page.goto(url)
        await heading(attacker.page, title)
        t.false((await attacker.page.content()).includes(ADA.email))
      }
      await attacker.page.goto(`${corporation.issuer}/account/connections`)
      await heading(attacker.page, 'Sign in to your account')
    }

    await victim.page.goto(trap)
    await signIn(victim.page, ADA.email)
    await heading(victim.page, /wants to access/)
    await assertNothingGained(/^Sign in to continue/)
    await victim.page.getByRole('button', { name: 'Allow' }).press('Enter')
    await heading(victim.page, 'Back at Acme Recruiter')
    t.truthy(new URL(victim.page.url()).searchParams.get('code'))
    await assertNothingGained('This sign-in is already finished')
    const sent = await victim.context.cookies(attacker.url)
    t.is(sent.filter(({ domain }) => domain === '.corp.example').length, 1)
  },
)

test.serial(
  'an issuer with a path, in Chromium: a sibling site cannot plant a request and send its form for a user who is signed in',
  async (t) => {
    const corporation = await startCorporation(t)
    const { issuer, server, posted } = corporation
    const attacker = await prepareTrap(corporation)
    const victim = await corporation.openContext()
    await victim.page.goto(`${issuer}/account/connections`)
    await signIn(victim.page, ADA.email)
    await heading(victim.page, 'Connected applications')

    const subjects = ['"ada"', '["ada",null]'].map((subject) =>
      createHash('sha256').update(subject).digest('base64url'),
    )
    for (const subject of subjects) {
      for (const referrerPolicy of ['no-referrer', 'unsafe-url']) {
        const mac = createHmac('sha256', attacker.secret).update(`csrf\0${subject}`)
        const csrf = `${subject}.${mac.digest('base64url')}`
        const trap = corporation.setTrap((ctx) => {
          ctx.set({ 'Set-Cookie': attacker.cookie, 'Referrer-Policy': referrerPolicy })
          ctx.body = `<form method="post" action="${attacker.url}"><input name="csrf" value="${csrf}"><button name="action" value="allow">Win</button></form>`
        })
        await victim.page.goto(trap)
        const [response] = await Promise.all([
          victim.page.waitForResponse((each) => each.request().method() === 'POST'),
          victim.page.getByRole('button', { name: 'Win' }).click(),
        ])
        t.is(response.status(), 403)
        const { origin, cookie = '', 'sec-fetch-site': site } = posted.at(-1) ?? {}
        t.is(site, 'same-site')
        t.is(origin === 'null', referrerPolicy === 'no-referrer')
        t.true(cookie.includes('oauth_session=') && cookie.includes('oauth_prt_'))
      }
    }
    t.deepEqual(await server.connections.list('ada'), [])
  },
)

test.serial(
  'an issuer with a path, in Chromium: two tabs: Deny is final, what is typed counts, and a reload goes where it went',
  async (t) => {
    const corporation = await startCorporation(t)
    const { issuer, client, server } = corporation
    const { context, page: first } = await corporation.openContext()
    await first.goto(String(authorizationUrl(issuer, client)))
    const second = await context.newPage()
    await second.goto(first.url())
    await signIn(first, ADA.email)
    await heading(first, /wants to access/)
    const adasPage = await context.newPage()
    await adasPage.goto(first.url())

    await signIn(second, GRACE.email, 'wrong')
    await second.getByRole('alert').waitFor()
    await signIn(second, GRACE.email)
    await heading(second, /wants to access/)
    t.true((await second.content()).includes(GRACE.email))
    await adasPage.getByRole('button', { name: 'Allow' }).press('Enter')
    await adasPage.getByText(GRACE.email).waitFor()

    const pageUrl = second.url()
    await adasPage.getByRole('button', { name: 'Allow' }).press('Enter')
    await heading(adasPage, 'Back at Acme Recruiter')
    const callback = adasPage.url()
    t.truthy(new URL(callback).searchParams.get('code'))
    await adasPage.goto(pageUrl)
    await heading(adasPage, 'Back at Acme Recruiter')
    t.is(adasPage.url(), callback)

    await second.getByRole('button', { name: 'Deny' }).press('Enter')
    await heading(second, 'Back at Acme Recruiter')
    t.is(new URL(second.url()).searchParams.get('error'), 'access_denied')
    for (const userId of ['ada', 'grace']) t.deepEqual(await server.connections.list(userId), [])
  },
)
