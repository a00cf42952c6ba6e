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

/** What the partner registers. */
export interface PartnerRegistration {
  readonly partnerUrl: string
  /** The scopes that it asks for. */
  readonly scopes: ReadonlyArray<string>
  /** Stores the registration; `undefined` when the storage is not durable. */
  readonly file: string | undefined
}

/** Finds the partner's registration, or registers it as a SuperAdmin would. */
export async function findOrRegisterPartner(
  clients: ClientRegistry,
  { partnerUrl, scopes, file }: PartnerRegistration,
): Promise<PartnerCredentials> {
  const kept = file === undefined ? undefined : await readRegistration(file)
  const registered = kept && (await clients.find(kept.clientId))
  if (kept !== undefined && registered !== undefined) {
    // OPENID_CONNECT may have been off when it was registered.
    const hasAll = scopes.every((scope) => registered.scopes.includes(scope))
    if (!hasAll) await clients.update(kept.clientId, { scopes: registeredScopes(scopes) })
    return kept
  }

  const { client, clientSecret = '' } = await clients.register({
    name: 'Acme Recruiter',
    clientType: 'CONFIDENTIAL',
    scopes: registeredScopes(scopes),
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

/** One scope more than it asks for. */
function registeredScopes(scopes: ReadonlyArray<string>): ReadonlyArray<string> {
  return [...scopes, 'candidate:read']
}

async function readRegistration(file: string): Promise<PartnerCredentials | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PartnerCredentials
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
