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
