import test from 'ava'
import express from 'express'
import { PASSWORD } from '../helpers/browser.ts'
import { launchChromium, PATIENCE_MILLISECONDS } from '../helpers/chromium.ts'
import { startHost } from '../helpers/host-application.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA } from '../helpers/start-server.ts'

const browser = await launchChromium()
test.after.always(() => browser.close())

for (const issuerPath of ['', '/auth']) {
  test.serial(
    `Express, issuer path "${issuerPath}", behind a body parser: a user signs in and allows, in Chromium without script`,
    async (t) => {
      const { issuer, client, errors } = await startHost(t, {
        issuerPath,
        createListener: (server, onError) =>
          express()
            .use(express.json(), express.urlencoded({ extended: true }))
            .use(issuerPath, server.handler({ onError })),
      })
      const context = await browser.newContext({ javaScriptEnabled: false })
      context.setDefaultTimeout(PATIENCE_MILLISECONDS)
      t.teardown(() => context.close())
      const page = await context.newPage()

      await page.goto(String(authorizationUrl(issuer, client)))
      await page.getByLabel('Email address').fill(ADA.email)
      await page.getByLabel('Password').fill(PASSWORD)
      await page.keyboard.press('Enter')
      // The partner is nowhere; that the browser is sent there is enough.
      const callback = page.waitForRequest(/^https:\/\/recruiter\.example\//)
      await page.getByRole('button', { name: 'Allow' }).press('Enter')

      const { searchParams } = new URL((await callback).url())
      t.is(searchParams.get('iss'), issuer)
      t.truthy(searchParams.get('code'))
      t.deepEqual(errors, [])
    },
  )
}

test.serial(
  'a form of another site, sent to the authorization endpoint by POST, finds the session, in Chromium (OIDC Core §3.1.2.1)',
  async (t) => {
    const { issuer, client, errors } = await startHost(t, {
      options: { openIdConnect: {} },
      createListener: (server, onError) =>
        express()
          .use(express.urlencoded({ extended: true }))
          .use(server.handler({ onError })),
    })
    const context = await browser.newContext()
    context.setDefaultTimeout(PATIENCE_MILLISECONDS)
    t.teardown(() => context.close())
    const page = await context.newPage()
    const { searchParams } = authorizationUrl(issuer, client)
    const fields = [...searchParams].map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    )
    await context.route('http://partner.example/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${issuer}/oauth/authorize">${fields.join('')}<button>Sign in with Teamcast</button></form>`,
      }),
    )

    await page.goto(`${issuer}/account/connections`)
    await page.getByLabel('Email address').fill(ADA.email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await page.goto('http://partner.example/')
    await page.getByRole('button').click()

    // No sign-in page: the session's cookie is SameSite=Lax, so it came with the GET that followed.
    const callback = page.waitForRequest(/^https:\/\/recruiter\.example\//)
    await page.getByRole('button', { name: 'Allow' }).click()
    t.truthy(new URL((await callback).url()).searchParams.get('code'))
    t.deepEqual(errors, [])
  },
)
