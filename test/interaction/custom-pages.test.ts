import type { ConsentView, FormView, HtmlPage, SignInView } from '@teamcast/oauth-server'
import { defaultPages } from '@teamcast/oauth-server'
import test from 'ava'
import { startBrowser } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

const CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"

function pageWith(form: FormView): HtmlPage {
  const inputs = Object.entries(form.hidden).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  const html = `<title>Host – Teamcast</title><form method="post" action="${form.url}">${inputs.join('')}</form>`
  return { html, contentSecurityPolicy: CONTENT_SECURITY_POLICY }
}

test('pages: a host’s own renderers get the view, and their forms work', async (t) => {
  const signInViews: Array<SignInView> = []
  const consentViews: Array<ConsentView> = []
  const { issuer, confidential } = await startServer(t, {
    pages: {
      signIn(view) {
        signInViews.push(view)
        return pageWith(view.form)
      },
      async consent(view) {
        consentViews.push(view)
        return pageWith(view.form)
      },
    },
  })
  const browser = startBrowser()

  const url = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
  const signInPage = await browser.open(url)
  t.is(signInPage.headers.get('content-security-policy'), CONTENT_SECURITY_POLICY)
  t.is(signInPage.headers.get('x-frame-options'), 'DENY')
  t.is(signInPage.headers.get('cache-control'), 'no-store')
  const again = await browser.submit(signInPage, {
    action: 'sign-in',
    username: 'ada',
    password: '',
  })
  t.is(again.status, 400)
  const consentPage = await browser.signIn(again, 'ada@acme.test')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
  t.like(signInViews[0], {
    client: { name: 'Acme Recruiter', redirectHost: 'recruiter.example' },
    username: '',
    problem: undefined,
  })
  t.like(signInViews[1], { username: 'ada', problem: 'invalid-credentials' })
  t.is(consentViews.length, 1)
  t.like(consentViews[0], {
    user: { userId: 'ada' },
    scopes: [{ scope: 'interview:read' }],
    grantedScopes: [],
  })
})

test('pages: a custom renderer for one page leaves the others alone', async (t) => {
  const { issuer, confidential } = await startServer(t, {
    pages: { error: () => ({ html: 'host', contentSecurityPolicy: CONTENT_SECURITY_POLICY }) },
  })

  const signInPage = await startBrowser().open(authorizationUrl(issuer, confidential))
  t.true(signInPage.html.includes('name="password"'))
  const failure = await startBrowser().open(`${issuer}/oauth/continue`)
  t.is(failure.status, 400)
  t.is(failure.html, 'host')
})

test('pages: a renderer that fails is a page with 500; one for errors that fails is the server’s own page', async (t) => {
  const fail = (): never => {
    throw new Error('a template is missing')
  }
  const broken = await startServer(t, { pages: { signIn: fail } })
  const veryBroken = await startServer(t, { pages: { signIn: fail, error: fail } })

  for (const { issuer, confidential } of [broken, veryBroken]) {
    const visit = await startBrowser().open(authorizationUrl(issuer, confidential))
    t.is(visit.status, 500)
    t.is(visit.headers.get('content-type'), 'text/html; charset=utf-8')
    t.true(visit.html.includes('Something went wrong on our side'))
    t.false(visit.html.includes('is missing'))
  }
  const { issuer } = veryBroken
  const visit = await startBrowser().open(`${issuer}/oauth/authorize`)
  t.is(visit.headers.get('x-frame-options'), 'DENY')
  t.false(visit.html.includes('is missing'))
})

test('pages: a renderer for errors that fails for a wrong method is the server’s own page, too, and an event', async (t) => {
  const { onEvent, settled } = recordEvents()
  const error = (): never => {
    throw new Error('a template is missing')
  }
  const { issuer } = await startServer(t, { pages: { error }, onEvent })
  const paths = [
    '/oauth/authorize',
    `/oauth/authorize/${'x'.repeat(43)}`,
    '/oauth/continue',
    '/account/connections',
  ]
  for (const path of paths) {
    const headers = { accept: 'text/html' }
    const response = await fetch(issuer + path, { method: 'PUT', headers })
    t.is(response.status, 500, path)
    t.is(response.headers.get('content-type'), 'text/html; charset=utf-8')
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('x-frame-options'), 'DENY')
    t.truthy(response.headers.get('allow'))
    const html = await response.text()
    t.true(html.includes('Something went wrong on our side'))
    t.false(html.includes('is missing'))
    t.like((await settled()).at(-1), {
      type: 'server.error',
      error: { message: 'a template is missing', operation: `PUT ${path.replace(/\/x+$/, '')}` },
    })
  }
})

test('pages: the default renderers can be wrapped', async (t) => {
  const { issuer, confidential } = await startServer(t, {
    pages: {
      async signIn(view) {
        const page = await defaultPages.signIn(view)
        return { ...page, html: page.html.replace('</main>', '<p>Need help?</p></main>') }
      },
    },
  })

  const { html } = await startBrowser().open(authorizationUrl(issuer, confidential))
  t.true(html.includes('<p>Need help?</p>'))
})

test('languages: ui_locales of the request, then the user’s language, then that of the browser (OIDC Core §3.1.2.1)', async (t) => {
  const languages: Array<string> = []
  const { issuer, confidential } = await startServer(t, {
    findUser: async (userId) => ({ ...ADA, userId, locale: 'de-DE' }),
    pages: {
      languages: ['en', 'de', 'ar'],
      consent(view) {
        languages.push(`${view.language.tag} ${view.language.direction}`)
        languages.push(view.scopes[0]?.description ?? '')
        return defaultPages.consent(view)
      },
    },
  })
  const scope = 'interview:read'
  for (const [parameters, signInTag, consentTag] of [
    [{}, 'en', 'de'],
    [{ ui_locales: 'fr ar-EG en' }, 'ar', 'ar'],
    [{ ui_locales: 'fr' }, 'en', 'de'],
  ] as const) {
    const browser = startBrowser()
    const url = authorizationUrl(issuer, confidential, { scope, prompt: 'consent', ...parameters })
    const signInPage = await browser.open(url)
    t.is(signInPage.headers.get('content-language'), signInTag)
    const consentPage = await browser.signIn(signInPage, ADA.email)
    t.is(consentPage.headers.get('content-language'), consentTag)
    t.true(consentPage.html.includes(`<html lang="${consentTag}"`))
  }
  t.deepEqual(languages, [
    'de ltr',
    'Ihre Interviews und deren Ergebnisse sehen',
    'ar rtl',
    'الاطلاع على مقابلاتك ونتائجها',
    'de ltr',
    'Ihre Interviews und deren Ergebnisse sehen',
  ])

  const headers = { 'accept-language': 'fr, de-CH;q=0.9, en;q=0.1', accept: 'text/html' }
  for (const path of ['/oauth/authorize', '/oauth/continue', '/account/connections']) {
    const response = await fetch(issuer + path, { headers })
    t.is(response.headers.get('content-language'), 'de', path)
  }
  const unknown = authorizationUrl(issuer, confidential, { client_id: 'x', ui_locales: 'ar' })
  t.is((await startBrowser().open(unknown)).headers.get('content-language'), 'ar')
})

test('languages: the metadata announces those of the option, and none without it (RFC 8414 §2)', async (t) => {
  const announced = async (languages?: ['de', 'en']): Promise<unknown> => {
    const { issuer } = await startServer(t, languages === undefined ? {} : { pages: { languages } })
    const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
    return (await response.json()).ui_locales_supported
  }
  t.deepEqual(await announced(['de', 'en']), ['de', 'en'])
  t.is(await announced(), undefined)
})
