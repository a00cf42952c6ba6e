import { randomBytes } from 'node:crypto'

/** What the environment says. */
export interface Settings {
  /** Where the host application listens; 0 for any free port. */
  readonly port: number
  /** Where Acme Recruiter listens; `undefined` when it is turned off. */
  readonly clientPort: number | undefined
  /** Under which URL the host is reached; `undefined` for http://localhost and its port. */
  readonly issuer: string | undefined
  /** What a SuperAdmin sends as bearer token; `undefined` to have one made. */
  readonly superAdminToken: string | undefined
}

/** Something that the person who started this can put right: the message says what. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

// What a bearer token may consist of (RFC 6750 §2.1).
const BEARER_TOKEN = /^[\w.~+/-]+=*$/

/**
 * Reads the settings from the environment.
 *
 * @throws SettingsError that names every variable that is wrong.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: Array<string> = []
  const portFrom = (name: string, defaultPort: number): number => {
    const text = environment[name] || String(defaultPort)
    const port = Number(text)
    const isPort = /^\d+$/.test(text) && port <= 65_535
    if (!isPort) problems.push(`${name} must be a port, 0 to 65535, not ${JSON.stringify(text)}`)
    return port
  }
  const port = portFrom('PORT', 3000)
  const clientPort = portFrom('CLIENT_PORT', 3001)
  if (port === clientPort && port !== 0) problems.push('PORT and CLIENT_PORT must be different')
  const superAdminToken = environment['SUPER_ADMIN_TOKEN'] || undefined
  if (superAdminToken !== undefined && !BEARER_TOKEN.test(superAdminToken)) {
    problems.push('SUPER_ADMIN_TOKEN must consist of letters, digits and "-._~+/" only')
  }
  if (problems.length > 0) throw new SettingsError(problems.join('; '))
  return {
    port,
    clientPort: clientPort === 0 ? undefined : clientPort,
    issuer: environment['ISSUER'] || undefined,
    superAdminToken,
  }
}

/** Makes a token for a SuperAdmin. */
export function makeSuperAdminToken(): string {
  return randomBytes(24).toString('base64url')
}
