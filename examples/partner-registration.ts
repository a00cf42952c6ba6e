/**
 * The registration of Acme Recruiter: client id and secret, and the file that stores them.
 *
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ClientRegistry } from '@teamcast/oauth-server'

/** The partner's client credentials. */
export interface PartnerCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * Finds the partner's registration, or registers it as a SuperAdmin would.
 *
 * @param file Stores the registration; `undefined` when the storage is not durable.
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
