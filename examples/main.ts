/**
 * Starts the example: a host application with the authorization server in it, and a partner's
 * application that signs users in with it.
 *
 * Environment: `PORT` (3000), `CLIENT_PORT` (3001; 0 turns the partner off), `ISSUER`
 * (http://localhost:PORT), `SUPER_ADMIN_TOKEN` (a random one is made and printed).
 *
 * @module
 */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigurationError } from '@teamcast/oauth-server'
import { createPartnerApplication, registerPartner } from './acme-recruiter.ts'
import { DEMO_PASSWORD, DEMO_USERS } from './demo-users.ts'
import { createHostApplication } from './host-application.ts'
import { readSettings } from './settings.ts'

async function main(): Promise<void> {
  const { port: wantedPort, clientPort, superAdminToken, ...settings } = readSettings(process.env)
  const servers: Array<Server> = []
  endOnSignal(servers)

  const hostServer = await listen(wantedPort, 'PORT')
  servers.push(hostServer)
  const { port } = hostServer.address() as AddressInfo
  const issuer = settings.issuer ?? `http://localhost:${port}`
  const partnerUrl = clientPort === undefined ? undefined : `http://localhost:${clientPort}`
  const { app, authorizationServer } = createHostApplication({
    issuer,
    port,
    superAdminToken,
    partnerUrl,
  })
  hostServer.on('request', app.callback())

  if (partnerUrl !== undefined && clientPort !== undefined) {
    const registration = await registerPartner(authorizationServer.clients, partnerUrl)
    const partnerServer = await listen(clientPort, 'CLIENT_PORT')
    servers.push(partnerServer)
    partnerServer.on(
      'request',
      createPartnerApplication(issuer, partnerUrl, registration).callback(),
    )
  }

  console.log(`
Teamcast          ${issuer}
Acme Recruiter    ${partnerUrl ?? 'turned off (CLIENT_PORT=0)'}
SuperAdmin token  ${superAdminToken}
Users             ${DEMO_USERS.map(({ email }) => email).join(', ')}
Password          ${DEMO_PASSWORD}

${partnerUrl === undefined ? `Open ${issuer}` : `Open ${partnerUrl} and press "Sign in with Teamcast".`}
`)
}

function listen(port: number, variable: string): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot listen on ${variable} ${port}: ${cause.message}`, { cause }))
    })
    server.listen(port, () => resolve(server))
  })
}

/** Ends cleanly: no new connections, requests under way are answered, then the process has no work. */
function endOnSignal(servers: ReadonlyArray<Server>): void {
  const end = (): void => {
    for (const server of servers) {
      server.close()
      server.closeIdleConnections()
    }
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}

try {
  await main()
} catch (error) {
  const isExpected = error instanceof ConfigurationError || error instanceof Error
  console.error(isExpected ? error.message : error)
  process.exit(1)
}
