/** The account pages, wherever the server is mounted. */

import test from 'ava'
import mount from 'koa-mount'
import { formOf, titleOf } from '../helpers/browser.ts'
import { type HostOptions, startHost } from '../helpers/host-application.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA } from '../helpers/start-server.ts'
import { textOf } from '../pages/markup.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'

const HOSTS: Readonly<Record<string, HostOptions>> = {
  'at the root': {},
  'below a path, mounted at the root': { issuerPath: '/auth' },
  'below a path, mounted there': {
    issuerPath: '/auth',
    assemble: (app, server) => app.use(mount('/auth', server.middleware())),
  },
  'behind a TLS proxy': { issuer: ISSUER },
  'behind a TLS proxy, below a path': { issuer: `${ISSUER}/auth` },
  'behind a TLS proxy that the host trusts': {
    issuer: ISSUER,
    assemble(app, server) {
      app.proxy = true
      app.keys = ['a key of the host itself']
      app.use(server.middleware())
    },
  },
}

for (const [where, options] of Object.entries(HOSTS)) {
  test(`account pages ${where}: URLs and cookies are the issuer’s`, async (t) => {
    const host = await startHost(t, options)
    const { issuer, client } = host
    const url = `${issuer}/account/connections`
    const browser = host.startBrowser()

    const signInPage = await browser.open(url)
    t.is(formOf(signInPage).url, url)
    const page = await browser.signIn(signInPage, ADA.email)
    t.is(page.url.href, url)
    t.true(textOf(page.html).includes('No application is connected'))
    const consentPage = await browser.open(authorizationUrl(issuer, client))
    t.is(titleOf(consentPage), 'Allow access')
    await browser.submit(consentPage, { action: 'allow' })
    const after = await browser.submit(await browser.open(url), {
      action: 'disconnect',
      clientId: client.client.clientId,
    })
    t.true(textOf(after.html).includes('Acme Recruiter is disconnected'))
    const left = await browser.submit(after, { action: 'sign-out' })
    t.is(titleOf(left), 'Sign in')

    const { pathname } = new URL(issuer)
    const prefix = issuer === ISSUER ? '__Host-' : ''
    const cookies = [signInPage, page, after, left]
      .flatMap(({ responses }) => responses)
      .flatMap(({ headers }) => headers.getSetCookie())
    for (const name of ['oauth_account', 'oauth_session', 'oauth_account_flash']) {
      const set = cookies.filter((cookie) => cookie.startsWith(`${prefix}${name}`))
      t.true(set.length >= 2, name)
      for (const cookie of set) {
        t.true(cookie.includes(`; path=${pathname};`), cookie)
        t.regex(cookie, /; samesite=lax/)
        t.regex(cookie, /; httponly/)
        t.is(cookie.includes('; secure'), issuer.startsWith('https:'), cookie)
        t.notRegex(cookie, /; domain/)
      }
    }
    t.deepEqual(host.errors, [])
  })
}
