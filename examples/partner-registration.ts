/**
 * How Acme Recruiter got its client id and secret, and where it keeps them.
 *
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ClientRegistry } from '@teamcast/oauth-server'

/** What the partner authenticates with. */
export interface PartnerCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * Finds the partner's registration, or registers it as a SuperAdmin would.
 *
 * @param file Where the partner keeps it; `undefined` when the server forgets it anyway.
 */
export async function findOrRegisterPartner(
  clients: ClientRegistry,
  partnerUrl: string,
  file: string | undefined,
): Promise<PartnerCredentials> {
  const kept = file === undefined ? undefined : await readRegistration(file)
  if (kept !== undefined && (await clients.find(kept.clientId)) !== undefined) return kept

  const { client, clientSecret = '' } = await clients.register({
    name: 'Acme Recruiter',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read', 'interview:create', 'candidate:read'],
    redirectUris: [`${partnerUrl}/callback`],
    tosUri: 'https://recruiter.acme.example/terms',
    policyUri: 'https://recruiter.acme.example/privacy',
  })
  const credentials = { clientId: client.clientId, clientSecret }
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(credentials), { mode: 0o600 })
  }
  return credentials
}

async function readRegistration(file: string): Promise<PartnerCredentials | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PartnerCredentials
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
