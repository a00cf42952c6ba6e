/** The programs that sign users in with OpenID Connect, as the pages have them, with the unmodified libraries. */

import { once } from 'node:events'
import { createUserAgent, type UserAgent } from '@teamcast/oauth-server/testing'
import test from 'ava'
import { completePages } from '../../lib/testing/authorize.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { PASSWORD } from '../helpers/browser.ts'
import type { Page } from '../helpers/documentation.ts'
import {
  createDocumentationProject,
  type DocumentationProject,
} from '../helpers/documentation-project.ts'
import { ADA } from '../helpers/start-server.ts'
import { follow } from './follow.ts'
import {
  findOpenIdConnectSection,
  findPage,
  type PageProgram,
  preparePageProgram,
  versionOf,
} from './page-programs.ts'
import { startTlsIssuer, type TlsIssuer } from './tls-issuer.ts'

/** Libraries for OpenID Connect alone, whose page has one program. */
const OPENID_CONNECT_LIBRARIES = ['better-auth', 'express-openid-connect']
const OTHER_LIBRARIES = [
  'auth-js',
  'fastify-oauth2',
  'openid-client',
  'passport-oauth2',
  'simple-oauth2',
]
const WEB_APPLICATIONS = [...OPENID_CONNECT_LIBRARIES, ...OTHER_LIBRARIES]
const SECRET = 'a secret of the documentation, of more than 32 characters'
const SECRETS = { SESSION_SECRET: SECRET, AUTH_SECRET: SECRET }

const pageOf = (library: string): Page =>
  OPENID_CONNECT_LIBRARIES.includes(library)
    ? findPage(`guides/clients/${library}`)
    : findOpenIdConnectSection(library)

let issuer: TlsIssuer
let project: DocumentationProject
const programs = new Map<string, PageProgram>()

test.before(async () => {
  issuer = await startTlsIssuer({ openIdConnect: {} })
  project = await createDocumentationProject()
  for (const library of WEB_APPLICATIONS) {
    const program = await preparePageProgram(pageOf(library), issuer)
    programs.set(library, program)
    await project.write(program.fileName, program.code)
  }
  const environments = [...programs.values()].map(({ environment }) => environment)
  await project.startBlocks(
    [...programs.values()].map((program) => ({ ...program, id: program.fileName })),
    Object.assign({ NODE_EXTRA_CA_CERTS: issuer.certificateFile }, SECRETS, ...environments),
  )
})
test.after.always(async () => {
  await project?.remove()
  await issuer?.stop()
})

const devDependencies: Readonly<Record<string, string>> = packageJson.devDependencies
for (const library of OPENID_CONNECT_LIBRARIES) {
  test(`${library}: the page names the version that runs here`, (t) => {
    const [name, version] = versionOf(findPage(`guides/clients/${library}`))
    t.is(devDependencies[name], version)
  })
}

for (const library of WEB_APPLICATIONS) {
  test(`${library}, OpenID Connect: the application's session has the user's name and email address`, async (t) => {
    const program = programs.get(library)
    if (program === undefined) return t.fail('it does not run')
    const { origin } = program
    const userAgent = createUserAgent()

    const started = await start(library, userAgent, origin)
    t.is(started.status, 302, await started.text())
    const url = new URL(String(started.headers.get('location')))
    t.regex(String(url.searchParams.get('scope')), /^openid profile email\b/)
    const callback = await completePages(url, {
      redirectUri: origin,
      username: ADA.email,
      password: PASSWORD,
      userAgent,
    })
    const signedIn = await userAgent.request(callback)
    t.is(signedIn.status, 302, await signedIn.text())

    const response = await userAgent.request(`${origin}/me`)
    t.is(response.status, 200)
    t.like(await response.json(), { name: ADA.name, email: ADA.email })
  })
}

test('oauth4webapi, OpenID Connect: a command-line tool knows the user’s name and email address', async (t) => {
  const program = await preparePageProgram(findOpenIdConnectSection('oauth4webapi'), issuer)
  await project.write(program.fileName, program.code)
  const running = await project.startFile(program.fileName, /^Open (\S+)$/, {
    NODE_EXTRA_CA_CERTS: issuer.certificateFile,
    ...program.environment,
  })
  const url = new URL(running.readyLine[1] ?? '')
  let printed = ''
  running.child.stdout?.on('data', (chunk) => {
    printed += chunk
  })

  t.is((await fetch(await follow(url, String(url.searchParams.get('redirect_uri'))))).status, 200)
  await (running.child.exitCode === null && once(running.child, 'close'))

  t.is(running.child.exitCode, 0)
  t.true(printed.startsWith(`Signed in: ${ADA.name}, ${ADA.email}\n`), printed)
  t.true(printed.includes(`sub: '${ADA.userId}'`), printed)
})

/** Presses the button for signing in with Teamcast. */
async function start(library: string, userAgent: UserAgent, origin: string): Promise<Response> {
  if (library === 'express-openid-connect') return await userAgent.request(`${origin}/login`)
  if (library !== 'auth-js') return await userAgent.request(`${origin}/sign-in`)
  const { csrfToken } = (await (await userAgent.request(`${origin}/auth/csrf`)).json()) as {
    csrfToken: string
  }
  return await userAgent.submit(`${origin}/auth/signin/teamcast`, { csrfToken })
}
