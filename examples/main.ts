/**
 * Starts the example: a host application with the authorization server in it, and a partner's
 * application that signs users in with it.
 *
 * Environment: `PORT` (3000), `CLIENT_PORT` (3001; 0 turns the partner off), `LISTEN_ADDRESS` (127.0.0.1:
 * this machine only; 0.0.0.0 or :: for any address), `ISSUER` (http://localhost:PORT), `SUPER_ADMIN_TOKEN` (at
 * least 32 characters; a random one is generated and printed), `STORAGE` (memory; redis with `REDIS_URL`, postgres with `DATABASE_URL`,
 * pglite with `DATA_DIR`, layered), `OAUTH_SECRET`, `OPENID_CONNECT` (on; off: partners do not learn who signed in).
 *
 * @module
 */

import { join } from 'node:path'
import {
  type AuditListener,
  type AuthorizationServer,
  ConfigurationError,
  openManagedKeys,
} from '@teamcast/oauth-server'
import { API_SCOPES, createPartnerApplication } from './acme-recruiter.ts'
import { DEMO_PASSWORD, DEMO_USERS } from './demo-users.ts'
import { createHostApplication, logEvent } from './host-application.ts'
import { closeOnSignal, type HttpServer, listen } from './http-servers.ts'
import { IDENTITY_SCOPES } from './partner-identity.ts'
import { findOrRegisterPartner } from './partner-registration.ts'
import {
  createSuperAdminToken,
  isThisMachineOnly,
  readSettings,
  type Settings,
  SettingsError,
} from './settings.ts'
import { openStorage } from './storage.ts'

async function main(): Promise<void> {
  const settings = readSettings(process.env)
  const { clientPort } = settings
  const superAdminToken = settings.superAdminToken ?? createSuperAdminToken()

  const { listenAddress } = settings
  const host = await listen({ address: listenAddress, port: settings.port, variable: 'PORT' })
  const { port } = host
  const issuer = settings.issuer ?? `http://localhost:${port}`
  const partnerUrl = clientPort === undefined ? undefined : `http://localhost:${clientPort}`
  const { storage, close } = await openStorage(settings).catch((error: Error) => {
    const { message, cause } = error
    const reason = cause instanceof Error ? `: ${cause.message || cause.name}` : ''
    throw new SettingsError(`cannot open STORAGE=${settings.storage}: ${message}${reason}`, {
      cause,
    })
  })
  const keys = await openManagedKeys({ storage, secret: settings.secret, onEvent: logFailure })
  const { refreshTokenGraceSeconds, openIdConnect } = settings
  const hostOptions = {
    ...{ issuer, port, superAdminToken, partnerUrl },
    ...{ storage, keys, refreshTokenGraceSeconds, openIdConnect },
  }
  const { app, authorizationServer } = createHostApplication(hostOptions)
  host.serve(app.callback())

  const servers = [host]
  if (clientPort !== undefined) {
    servers.push(await startPartner(clientPort, authorizationServer, settings))
  }
  closeOnSignal(servers, async () => {
    await keys.stop()
    await close()
  })

  const isTokenGiven = settings.superAdminToken !== undefined
  console.log(`
Teamcast          ${issuer}
Acme Recruiter    ${partnerUrl ?? 'turned off (CLIENT_PORT=0)'}
SuperAdmin        ${issuer}/super-admin
SuperAdmin token  ${isTokenGiven ? 'the one in SUPER_ADMIN_TOKEN' : superAdminToken}
Users             ${DEMO_USERS.map(({ email }) => email).join(', ')}
Password          ${DEMO_PASSWORD}
Reached from      ${isThisMachineOnly(settings) ? 'this machine only' : 'anywhere, and everybody knows the password'}

${partnerUrl === undefined ? `Open ${issuer}` : `Open ${partnerUrl} and press "Sign in with Teamcast".`}
`)
}

/** Logs only errors: the events of keys are of no interest here. */
const logFailure: AuditListener = (event) => {
  if (event.type === 'server.error') logEvent(event)
}

async function startPartner(
  port: number,
  { issuer, clients }: AuthorizationServer,
  { listenAddress, storage, dataDirectory, openIdConnect }: Settings,
): Promise<HttpServer> {
  const url = `http://localhost:${port}`
  const file = storage === 'memory' ? undefined : join(dataDirectory, `acme-recruiter-${port}.json`)
  const scopes = openIdConnect === 'on' ? [...IDENTITY_SCOPES, ...API_SCOPES] : API_SCOPES
  const registration = await findOrRegisterPartner(clients, { partnerUrl: url, scopes, file })
  const partner = await listen({ address: listenAddress, port, variable: 'CLIENT_PORT' })
  partner.serve(createPartnerApplication(issuer, url, registration, scopes).callback())
  return partner
}

const VARIABLES: Readonly<Record<string, string>> = {
  issuer: 'ISSUER',
  secret: 'OAUTH_SECRET',
  refreshTokenGraceSeconds: 'REFRESH_TOKEN_GRACE_SECONDS',
}

/** A single line for an error in the settings, the whole error otherwise. */
function explain(error: unknown): unknown {
  if (error instanceof SettingsError) return error.message
  if (!(error instanceof ConfigurationError)) return error
  const name = (option: string): string => VARIABLES[option] ?? `"${option}"`
  return error.issues.map(({ path, message }) => `${name(path)} ${message}`).join('; ')
}

try {
  await main()
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}
