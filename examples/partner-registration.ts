/**
 * How Acme Recruiter got its client id and secret, and where it keeps them.
 *
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ClientRegistry, RegisteredClient } from '@teamcast/oauth-server'

/**
 * Finds the partner's registration, or registers it as a SuperAdmin would.
 *
 * @param file Where the partner keeps it; `undefined` when the server forgets it anyway.
 */
export async function findOrRegisterPartner(
  clients: ClientRegistry,
  partnerUrl: string,
  file: string | undefined,
): Promise<RegisteredClient> {
  const kept = file === undefined ? undefined : await readRegistration(file)
  const client = kept === undefined ? undefined : await clients.find(kept.clientId)
  if (kept !== undefined && client !== undefined) return { client, clientSecret: kept.clientSecret }

  const registered = await clients.register({
    name: 'Acme Recruiter',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read', 'interview:create', 'candidate:read'],
    redirectUris: [`${partnerUrl}/callback`],
    clientUri: 'https://recruiter.acme.example/',
    tosUri: 'https://recruiter.acme.example/terms',
    policyUri: 'https://recruiter.acme.example/privacy',
  })
  if (file !== undefined) {
    const { clientId } = registered.client
    await mkdir(dirname(file), { recursive: true })
    const text = JSON.stringify({ clientId, clientSecret: registered.clientSecret })
    await writeFile(file, text, { mode: 0o600 })
  }
  return registered
}

interface KeptRegistration {
  readonly clientId: string
  readonly clientSecret: string
}

async function readRegistration(file: string): Promise<KeptRegistration | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KeptRegistration
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
