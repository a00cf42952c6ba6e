import { randomBytes } from 'node:crypto'

/** What the environment says. */
export interface Settings {
  /** Where the host application listens; 0 for any free port. */
  readonly port: number
  /** Where Acme Recruiter listens; `undefined` when it is turned off. */
  readonly clientPort: number | undefined
  /** Under which URL the host is reached; `undefined` for http://localhost and its port. */
  readonly issuer: string | undefined
  readonly superAdminToken: string
}

/**
 * Reads the settings from the environment.
 *
 * @throws Error that names every variable that is wrong.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: Array<string> = []
  const portFrom = (name: string, defaultPort: number): number => {
    const text = environment[name] || String(defaultPort)
    const port = Number(text)
    const isPort = /^\d+$/.test(text) && port <= 65_535
    if (!isPort) problems.push(`${name} must be a port, 0 to 65535, not "${text}"`)
    return port
  }
  const port = portFrom('PORT', 3000)
  const clientPort = portFrom('CLIENT_PORT', 3001)
  if (port === clientPort && port !== 0) problems.push('PORT and CLIENT_PORT must be different')
  const superAdminToken = environment['SUPER_ADMIN_TOKEN'] || randomBytes(24).toString('base64url')
  if (problems.length > 0) throw new Error(problems.join('; '))
  return {
    port,
    clientPort: clientPort === 0 ? undefined : clientPort,
    issuer: environment['ISSUER'] || undefined,
    superAdminToken,
  }
}
