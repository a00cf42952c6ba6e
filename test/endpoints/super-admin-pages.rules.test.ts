/** Every rule that a form can break is said in the language of the page, here in German. */

import {
  type ClientRule,
  type NewClient,
  type SuperAdminMessages,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import { startTestServer, type TestServer } from '@teamcast/oauth-server/testing'
import test from 'ava'
import { CLIENT_RULES } from '../../lib/client-rules.ts'
import { ENGLISH } from '../../lib/pages/languages/english.ts'
import { SUPER_ADMIN_ENGLISH } from '../../lib/pages/languages/super-admin-english.ts'
import {
  bodyOf,
  type FormBrowser,
  type FormFields,
  type FormPage,
  hiddenFieldsOf,
  startFormBrowser,
} from '../helpers/form-browser.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { unescapeHtml } from '../pages/markup.ts'

/** What breaks no rule. */
const FILLED_IN: FormFields = {
  name: 'Northwind Talent',
  clientType: 'CONFIDENTIAL',
  audience: 'PLATFORM',
  scopes: ['interview:read'],
  redirectUris: 'https://northwind.example/callback',
  allowedGrantTypes: ['authorization_code', 'refresh_token'],
}

interface SignedIn {
  readonly server: TestServer
  readonly browser: FormBrowser
}

/** Sends a form that breaks a rule. */
type BreakRule = (signedIn: SignedIn) => Promise<FormPage>

/** Registers a client with these fields. */
function register(fields: FormFields): BreakRule {
  return async ({ server, browser }) => {
    const url = newClientUrl(server)
    return await browser.submit(await browser.open(url), url, { ...FILLED_IN, ...fields })
  }
}

function redirectTo(...redirectUris: ReadonlyArray<string>): BreakRule {
  return register({ redirectUris: redirectUris.join('\r\n') })
}

/** Adds secrets to a new client; the last one breaks the rule. */
function addSecrets(newClient: NewClient, times: number, fields: FormFields = {}): BreakRule {
  return async ({ server, browser }) => {
    const { client } = await server.registerClient(newClient)
    const url = `${server.issuer}/super-admin/clients/${client.clientId}/secrets`
    let page: FormPage | undefined
    for (let time = 0; time < times; time += 1) {
      // The page of a PUBLIC client has no such form, but a browser sends anything.
      const hidden = hiddenFieldsOf(await browser.open(newClientUrl(server)), newClientUrl(server))
      const body = bodyOf({ ...hidden, ...fields })
      page = await browser.open(url, {
        method: 'POST',
        headers: { origin: new URL(url).origin },
        body,
      })
    }
    if (page === undefined) throw new Error('no secret was added')
    return page
  }
}

const LONG_URL = `https://northwind.example/${'x'.repeat(2000)}`

const BROKEN_RULES: Readonly<Record<ClientRule, readonly [BreakRule, says: string]>> = {
  'too-short': [register({ name: 'ab' }), 'Name: Mindestens 3 Zeichen sind nötig.'],
  'too-long': [register({ logoUrl: LONG_URL }), 'Logo: Höchstens 2.000 Zeichen sind möglich.'],
  'control-characters': [
    register({ audience: 'TENANT', tenantId: 'acme\tcorp' }),
    'Mandant: Steuerzeichen sind nicht erlaubt.',
  ],
  'invisible-characters': [
    register({ name: 'Acme\u200B Inc' }),
    'Name: Steuerzeichen und unsichtbare Zeichen sind nicht erlaubt.',
  ],
  'no-letter-or-digit': [
    register({ name: '+++' }),
    'Name: Mindestens ein Buchstabe oder eine Ziffer ist nötig.',
  ],
  'not-a-choice': [
    register({ allowedGrantTypes: ['authorization_code', 'password'] }),
    'Grant Types: Möglich ist authorization_code, refresh_token oder client_credentials.',
  ],

  'tenant-missing': [
    register({ audience: 'TENANT', tenantId: ' ' }),
    'Mandant: Ein Client für einen einzelnen Mandanten braucht dessen ID.',
  ],

  'scopes-missing': [register({ scopes: [] }), 'Scopes: Mindestens ein Scope ist nötig.'],
  'scopes-too-many': [
    register({ scopes: new Array(1001).fill('interview:read') }),
    'Scopes: Höchstens 1.000 Scopes sind möglich.',
  ],
  'scope-unknown': [
    register({ scopes: ['interview:read', 'made:up'] }),
    'Scopes: „made:up“ gibt es nicht.',
  ],

  'redirect-uris-missing': [
    redirectTo(),
    'Redirect-URIs: Mit authorization_code ist mindestens eine nötig.',
  ],
  'redirect-uris-too-many': [
    redirectTo(...Array.from({ length: 21 }, (_, index) => `https://northwind.example/${index}`)),
    'Redirect-URIs: Höchstens 20 sind möglich.',
  ],
  'redirect-uri-not-absolute': [
    redirectTo('northwind.example'),
    '„northwind.example“: Nötig ist eine vollständige https-URL.',
  ],
  'redirect-uri-fragment': [
    redirectTo('https://northwind.example/', 'https://northwind.example/#x'),
    '„https://northwind.example/#x“: Ein Fragment (#) ist nicht erlaubt.',
  ],
  'redirect-uri-credentials': [
    redirectTo('https://ada:x@northwind.example/'),
    '„https://ada:x@northwind.example/“: Zugangsdaten sind darin nicht erlaubt.',
  ],
  'redirect-uri-http': [
    redirectTo('http://northwind.example/'),
    '„http://northwind.example/“: Nötig ist https; http geht nur für localhost, 127.0.0.1 und [::1].',
  ],
  'redirect-uri-parameter': [
    redirectTo('https://northwind.example/?state=1'),
    '„https://northwind.example/?state=1“: Der Parameter „state“ ist nicht erlaubt, denn der Server fügt ihn der Antwort hinzu.',
  ],
  'redirect-uri-host': [
    redirectTo('https://*.northwind.example/'),
    '„https://*.northwind.example/“: Nötig ist der Name eines einzelnen Hosts, ohne Platzhalter.',
  ],
  'redirect-uri-scheme': [
    redirectTo('northwind:/callback'),
    '„northwind:/callback“: Nötig ist eine https-URL oder das eigene Schema einer App, etwa com.example.app.',
  ],
  'redirect-uri-not-canonical': [
    redirectTo('https://Northwind.example:443'),
    '„https://Northwind.example:443“: Schreiben Sie stattdessen „https://northwind.example/“.',
  ],
  'redirect-uri-app-scheme': [
    redirectTo('com.northwind.app:/callback'),
    'Redirect-URIs: Das Schema einer App ist nur für öffentliche Clients. Verwenden Sie https.',
  ],

  'grant-types-missing': [
    register({ allowedGrantTypes: [] }),
    'Grant Types: Mindestens ein Grant Type ist nötig.',
  ],
  'grant-types-too-many': [
    register({ allowedGrantTypes: new Array(1001).fill('authorization_code') }),
    'Grant Types: Höchstens 1.000 Grant Types sind möglich.',
  ],
  'grant-type-confidential': [
    register({
      clientType: 'PUBLIC',
      allowedGrantTypes: ['authorization_code', 'client_credentials'],
    }),
    'Grant Types: client_credentials ist nur für vertrauliche Clients.',
  ],
  'refresh-token-alone': [
    register({ allowedGrantTypes: ['refresh_token'] }),
    'Grant Types: refresh_token geht nur zusammen mit authorization_code.',
  ],

  'method-of-public': [
    register({ clientType: 'PUBLIC', tokenEndpointAuthMethod: 'client_secret_post' }),
    'Authentifizierung des Clients: Ein öffentlicher Client hat kein Geheimnis. Möglich ist none.',
  ],
  'method-of-confidential': [
    register({ tokenEndpointAuthMethod: 'none' }),
    'Authentifizierung des Clients: none ist nur für öffentliche Clients. Möglich ist client_secret_basic oder client_secret_post.',
  ],

  'audiences-too-many': [
    register({ resourceServerAudiences: 'https://api.example\r\n'.repeat(101) }),
    'Resource Server von: Höchstens 100 Audiences sind möglich.',
  ],
  'audience-not-absolute': [
    register({ resourceServerAudiences: 'https://api.example\r\napi' }),
    '„api“: Nötig ist eine vollständige URI ohne Fragment (#).',
  ],
  'audience-unknown': [
    register({ resourceServerAudiences: 'https://other.example' }),
    '„https://other.example“: Keine unserer APIs hat diese Audience. Möglich ist https://api.example.',
  ],
  'audiences-of-public': [
    register({ clientType: 'PUBLIC', resourceServerAudiences: 'https://api.example' }),
    'Resource Server von: Nur ein vertraulicher Client kann ein Resource Server sein. Lassen Sie das Feld leer.',
  ],

  'lifetime-not-whole': [
    register({ accessTokenTtlSeconds: '1,5', accessTokenTtlSecondsUnit: '1' }),
    'Gültigkeit von Access Token: Nötig ist eine Zahl, die ganze Sekunden ergibt.',
  ],
  'lifetime-too-short': [
    register({ accessTokenTtlSeconds: '1', accessTokenTtlSecondsUnit: '1' }),
    'Gültigkeit von Access Token: Kürzer als 1 Minute geht nicht.',
  ],
  'lifetime-too-long': [
    register({ refreshTokenTtlSeconds: '500', refreshTokenTtlSecondsUnit: '86400' }),
    'Gültigkeit von Refresh Token: Länger als 365 Tage geht nicht.',
  ],

  'not-https-url': [
    register({ policyUri: 'http://northwind.example/' }),
    'Datenschutzerklärung: Nötig ist eine https-URL in ASCII und ohne Zugangsdaten.',
  ],

  'secrets-of-public': [
    addSecrets(PUBLIC_CLIENT, 1),
    'Geheimnisse: Ein öffentlicher Client hat kein Geheimnis.',
  ],
  'secrets-too-many': [
    addSecrets(CONFIDENTIAL_CLIENT, 5),
    'Geheimnisse: Höchstens 5 sind möglich. Entfernen Sie zuerst eines.',
  ],
  'secret-expiry': [
    addSecrets(CONFIDENTIAL_CLIENT, 1, { expiresAt: '2001-01-01' }),
    'Letzter Tag des neuen Geheimnisses: Nötig ist ein Tag in der Zukunft, höchstens zehn Jahre voraus.',
  ],
}

/** A language of the host, as far as this test looks. */
const FRENCH: SuperAdminMessages = {
  ...SUPER_ADMIN_ENGLISH,
  brokenRule: '{subject} : {rule}',
  rules: { ...SUPER_ADMIN_ENGLISH.rules, 'lifetime-too-long': 'au plus {maximum}.' },
}

let server: TestServer

test.before(async () => {
  server = await startTestServer({
    audience: 'https://api.example',
    scopes: TEAMCAST_SCOPES,
    authorizeSuperAdmin: () => ({ superAdminId: 'root' }),
    superAdminPages: { signInUrl: () => '/sign-in' },
    pages: { languages: ['de', { tag: 'fr', messages: ENGLISH, superAdminMessages: FRENCH }] },
  })
})

test.after.always(() => server.close())

for (const rule of Object.keys(CLIENT_RULES) as ReadonlyArray<ClientRule>) {
  test(`SuperAdmin pages: a form that breaks the rule ${rule} hears of it in German`, async (t) => {
    const [breakRule, says] = BROKEN_RULES[rule]
    const page = await breakRule({ server, browser: startFormBrowser() })
    t.is(page.status, 422)
    t.deepEqual(remarksOn(page), [says])
  })
}

test('SuperAdmin pages: a language of the host says what is wrong in its own words', async (t) => {
  const url = newClientUrl(server)
  const browser = startFormBrowser()
  const headers = { origin: new URL(url).origin, 'accept-language': 'fr' }
  const hidden = hiddenFieldsOf(await browser.open(url, { headers }), url)
  const fields = { refreshTokenTtlSeconds: '500', refreshTokenTtlSecondsUnit: '86400' }
  const body = bodyOf({ ...hidden, ...FILLED_IN, ...fields })
  const page = await browser.open(url, { method: 'POST', headers, body })
  t.deepEqual(remarksOn(page), ['Refresh token lifetime : au plus 365\u00A0jours.'])
})

function newClientUrl({ issuer }: TestServer): string {
  return `${issuer}/super-admin/clients/new`
}

/** The sentences of the summary. Those of a field are at the field too. */
function remarksOn({ html }: FormPage): ReadonlyArray<string> {
  const [, list = ''] =
    /<div class="problem summary".*?<ul class="list">(.*?)<\/ul>/s.exec(html) ?? []
  const items = list.matchAll(/<li>(?:<a href="#(?<field>\w+)">)?(?<sentence>.*?)(?:<\/a>)?<\/li>/g)
  return Array.from(items, ({ groups }) => {
    const { field, sentence = '' } = groups as { field?: string; sentence?: string }
    const isAtField = field === undefined || html.split(`<p>${sentence}</p>`).length === 2
    if (!isAtField) throw new Error(`not at its field: ${sentence}`)
    return unescapeHtml(sentence.replaceAll(/<[^>]+>/g, ''))
  })
}
