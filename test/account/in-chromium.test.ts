/** The account pages in a real browser, which says by itself where its requests come from. */

import test from 'ava'
import Koa from 'koa'
import type { Request } from 'playwright-core'
import { PASSWORD } from '../helpers/browser.ts'
import { launchChromium, PATIENCE_MILLISECONDS } from '../helpers/chromium.ts'
import { listen } from '../helpers/listen.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

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
