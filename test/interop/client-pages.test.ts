/** The program of each page about a JavaScript library, as it stands there, with the unmodified library. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createUserAgent, type UserAgent } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { createMcpServer } from '../../examples/mcp-server.ts'
import { completePages } from '../../lib/testing/authorize.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { PASSWORD } from '../helpers/browser.ts'
import {
  createDocumentationProject,
  type DocumentationProject,
} from '../helpers/documentation-project.ts'
import { findFreePort } from '../helpers/free-port.ts'
import { ADA } from '../helpers/start-server.ts'
import { follow } from './follow.ts'
import { findPage, type PageProgram, preparePageProgram, versionOf } from './page-programs.ts'
import { startTlsIssuer, type TlsIssuer } from './tls-issuer.ts'

const GUIDE = 'the guide for partners'
const LIBRARIES_OF_WEB_APPLICATIONS = [
  'auth-js',
  'fastify-oauth2',
  'openid-client',
  'passport-oauth2',
  'simple-oauth2',
]
const WEB_APPLICATIONS = [...LIBRARIES_OF_WEB_APPLICATIONS, GUIDE]
const COMMAND_LINE_TOOLS = ['appauth', 'mcp-sdk', 'oauth4webapi']
const SECRET = 'a secret of the documentation, of more than 32 characters'
const SECRETS = { SESSION_SECRET: SECRET, AUTH_SECRET: SECRET }

let mcpServer: Server
let mcpAudience: string
let issuer: TlsIssuer
let project: DocumentationProject
const programs = new Map<string, PageProgram>()

test.before(async () => {
  mcpServer = createServer({ keepAliveTimeout: 0 }).listen(0, '127.0.0.1')
  await once(mcpServer, 'listening')
  mcpAudience = `http://127.0.0.1:${(mcpServer.address() as AddressInfo).port}/mcp`
  issuer = await startTlsIssuer({ audiences: [mcpAudience] })
  const mcp = createMcpServer({ issuer: issuer.issuer, audience: mcpAudience })
  mcpServer.on('request', mcp.callback())

  project = await createDocumentationProject()
  // What the system opens a browser with.
  await chmod(await project.write('xdg-open', '#!/bin/sh\nprintf %s "$1" >"$OPENED"\n'), 0o755)
  for (const name of WEB_APPLICATIONS) {
    const path = name === GUIDE ? 'partners/README' : `guides/clients/${name}`
    const program = await preparePageProgram(findPage(path), issuer)
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
  mcpServer?.close()
  mcpServer?.closeAllConnections()
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
for (const name of [...LIBRARIES_OF_WEB_APPLICATIONS, ...COMMAND_LINE_TOOLS, 'oidc-client-ts']) {
  test(`${name}: the page names the version that runs here`, (t) => {
    const [library, version] = versionOf(findPage(`guides/clients/${name}`))
    t.is(devDependencies[library], version)
  })
}

for (const name of WEB_APPLICATIONS) {
  test(`${name}: sign-in, one refresh at a time, revocation, and sign-in again after the user disconnected`, async (t) => {
    const program = programOf(name)
    const { origin, client } = program
    const events = (): Promise<ReadonlyArray<string>> => issuer.eventsOf(client.client.clientId)
    const userAgent = createUserAgent()

    const start = name === 'auth-js' ? startAuthJs : startOthers
    const started = await start(userAgent, origin)
    t.is(started.status, 302, await started.text())
    const signedIn = await signIn(program, userAgent, started)
    t.is(signedIn.status, 302, await signedIn.text())

    await readInterviews(t, userAgent, origin)
    const used = await events()
    t.true(used.filter((type) => type === 'token.issued').length > 1, 'was refreshed')
    t.false(used.includes('token.refused'), 'no refresh token was used twice')

    t.is((await userAgent.request(`${origin}/disconnect`)).status, 200)
    t.is((await events()).at(-1), 'token.revoked')

    const again = await start(userAgent, origin)
    t.is((await signIn(program, userAgent, again)).status, 302)
    await issuer.server.connections.revoke(ADA.userId, client.client.clientId)
    const ended = await userAgent.request(`${origin}/interviews`)
    t.is(ended.status, 302, await ended.text())
    t.regex(String(ended.headers.get('location')), /\/sign-?in$/)
  })
}

for (const name of COMMAND_LINE_TOOLS) {
  test(`${name}: sign-in at a free port of this machine, refresh, revocation`, async (t) => {
    const program = await preparePageProgram(findPage(`guides/clients/${name}`), issuer, {
      '= 8000': `= ${await findFreePort()}`,
      'https://mcp.teamcast.ai/mcp': mcpAudience,
    })
    await project.write(program.fileName, program.code)

    const opened = join(project.path, `${name}.opened`)
    execFileSync('mkfifo', [opened])
    const waiting = /^(?:Open (\S+)|Continue in your browser\.)$/
    const running = await project.startFile(program.fileName, waiting, {
      NODE_EXTRA_CA_CERTS: issuer.certificateFile,
      ...program.environment,
      OPENED: opened,
      PATH: `${project.path}:${process.env['PATH']}`,
      ...(name === 'appauth' ? { NODE_OPTIONS: '--import=tsx' } : {}),
    })
    const url = new URL(running.readyLine[1] ?? (await readFile(opened, 'utf8')))
    const redirectUri = String(url.searchParams.get('redirect_uri'))
    t.is((await fetch(await follow(url, redirectUri))).status, 200)
    await (running.child.exitCode === null && once(running.child, 'exit'))

    t.is(running.child.exitCode, 0)
    const events = await issuer.eventsOf(program.client.client.clientId)
    t.deepEqual(
      events.filter((type) => type.startsWith('token.')),
      ['token.issued', 'token.issued', 'token.revoked'],
    )
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
