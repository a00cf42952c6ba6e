/** The program of each page about a JavaScript library, as it stands there, with the unmodified library. */

import { createUserAgent, type UserAgent } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { completePages } from '../../lib/testing/authorize.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { PASSWORD } from '../helpers/browser.ts'
import {
  createDocumentationProject,
  type DocumentationProject,
} from '../helpers/documentation-project.ts'
import { ADA } from '../helpers/start-server.ts'
import { findPage, type PageProgram, preparePageProgram, versionOf } from './page-programs.ts'
import { startTlsIssuer, type TlsIssuer } from './tls-issuer.ts'

const WEB_APPLICATIONS = [
  'auth-js',
  'fastify-oauth2',
  'openid-client',
  'passport-oauth2',
  'simple-oauth2',
]
const SECRET = 'a secret of the documentation, of more than 32 characters'
const SECRETS = { SESSION_SECRET: SECRET, AUTH_SECRET: SECRET }

let issuer: TlsIssuer
let project: DocumentationProject
const programs = new Map<string, PageProgram>()

test.before(async () => {
  issuer = await startTlsIssuer()
  project = await createDocumentationProject()
  for (const name of WEB_APPLICATIONS) {
    const program = await preparePageProgram(findPage(`guides/clients/${name}`), issuer)
    programs.set(name, program)
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

function programOf(name: string): PageProgram {
  const program = programs.get(name)
  if (program === undefined) throw new Error(`no program of "${name}" runs`)
  return program
}

/** Signs Ada in at Teamcast, and follows her back into the partner's application. */
async function signIn(
  { origin }: PageProgram,
  userAgent: UserAgent,
  start: Response,
): Promise<Response> {
  const callback = await completePages(new URL(String(start.headers.get('location'))), {
    redirectUri: origin,
    username: ADA.email,
    password: PASSWORD,
    userAgent,
  })
  return await userAgent.request(callback)
}

const devDependencies: Readonly<Record<string, string>> = packageJson.devDependencies
for (const name of WEB_APPLICATIONS) {
  test(`${name}: the page names the version that runs here`, (t) => {
    const [library, version] = versionOf(findPage(`guides/clients/${name}`))
    t.is(devDependencies[library], version)
  })

  test(`${name}: sign-in, one refresh at a time for requests in parallel, revocation`, async (t) => {
    const program = programOf(name)
    const { origin, client } = program
    const events = (): ReadonlyArray<string> => issuer.eventsOf(client.client.clientId)
    const userAgent = createUserAgent()

    const start = await (name === 'auth-js' ? startAuthJs : startOthers)(userAgent, origin)
    t.is(start.status, 302, await start.text())
    const signedIn = await signIn(program, userAgent, start)
    t.is(signedIn.status, 302, await signedIn.text())

    await readInterviews(t, userAgent, origin)
    const issued = events().filter((type) => type === 'token.issued')
    t.true(issued.length > 1, 'was refreshed')
    t.false(events().includes('token.refused'), 'no refresh token was used twice')

    t.is((await userAgent.request(`${origin}/disconnect`)).status, 200)
    t.is(events().at(-1), 'token.revoked')
  })
}

const startOthers = (userAgent: UserAgent, origin: string): Promise<Response> =>
  userAgent.request(`${origin}/sign-in`)

/** Presses the button on the sign-in page of Auth.js. */
async function startAuthJs(userAgent: UserAgent, origin: string): Promise<Response> {
  const { csrfToken } = (await (await userAgent.request(`${origin}/auth/csrf`)).json()) as {
    csrfToken: string
  }
  return await userAgent.submit(`${origin}/auth/signin/teamcast`, { csrfToken })
}

async function readInterviews(
  t: ExecutionContext,
  userAgent: UserAgent,
  origin: string,
): Promise<void> {
  const inParallel = [1, 2, 3].map(() => userAgent.request(`${origin}/interviews`))
  for (const response of await Promise.all(inParallel)) {
    t.is(await response.text(), JSON.stringify({ interviewsOf: ADA.userId }))
  }
}
