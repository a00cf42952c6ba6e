import { randomBytes } from 'node:crypto'
import { STORAGES, type StorageSettings } from './storage.ts'

/** What the environment says. */
export interface Settings extends StorageSettings {
  /** Where the host application listens; 0 for any free port. */
  readonly port: number
  /** Where Acme Recruiter listens; `undefined` when it is turned off. */
  readonly clientPort: number | undefined
  /** Under which URL the host is reached; `undefined` for http://localhost and its port. */
  readonly issuer: string | undefined
  /** What a SuperAdmin sends as bearer token; `undefined` to have one made. */
  readonly superAdminToken: string | undefined
  /** The one secret that all instances on one storage share: their keys are encrypted under it. */
  readonly secret: string
  /** For how long a refresh whose answer was lost may be asked for again. */
  readonly refreshTokenGraceSeconds: number
}

/** Something that the person who started this can put right: the message says what. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

const HIGHEST_PORT = 65_535
const DEVELOPMENT_SECRET = 'a secret for development, known to everybody'

// What a bearer token may consist of (RFC 6750 §2.1).
const BEARER_TOKEN = /^[\w.~+/-]+=*$/

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings from the environment.
 *
 * @throws SettingsError that names every variable that is wrong.
 */
export function readSettings(environment: Environment): Settings {
  const problems: Array<string> = []
  const numberFrom = (name: string, defaultValue: number, maximum: number): number => {
    const text = environment[name] || String(defaultValue)
    const isInRange = /^\d+$/.test(text) && Number(text) <= maximum
    if (!isInRange) {
      problems.push(`${name} must be 0 to ${maximum}, not ${JSON.stringify(text)}`)
    }
    return Number(text)
  }
  const port = numberFrom('PORT', 3000, HIGHEST_PORT)
  const clientPort = numberFrom('CLIENT_PORT', 3001, HIGHEST_PORT)
  if (port === clientPort && port !== 0) problems.push('PORT and CLIENT_PORT must be different')
  const superAdminToken = environment['SUPER_ADMIN_TOKEN'] || undefined
  if (superAdminToken !== undefined && !BEARER_TOKEN.test(superAdminToken)) {
    problems.push('SUPER_ADMIN_TOKEN must consist of letters, digits and "-._~+/" only')
  }
  const issuer = environment['ISSUER'] || undefined
  if (issuer !== undefined && !URL.canParse(issuer)) {
    problems.push('ISSUER must be an absolute https URL')
  }
  const secret = environment['OAUTH_SECRET'] || DEVELOPMENT_SECRET
  if (secret === DEVELOPMENT_SECRET && environment['NODE_ENV'] === 'production') {
    problems.push('OAUTH_SECRET is missing: in production it must be a secret of your own')
  }
  const refreshTokenGraceSeconds = numberFrom('REFRESH_TOKEN_GRACE_SECONDS', 0, 60)
  const storageSettings = readStorageSettings(environment, problems)
  if (problems.length > 0) throw new SettingsError(problems.join('; '))
  return {
    port,
    clientPort: clientPort === 0 ? undefined : clientPort,
    issuer,
    superAdminToken,
    secret,
    refreshTokenGraceSeconds,
    ...storageSettings,
  }
}

function readStorageSettings(environment: Environment, problems: Array<string>): StorageSettings {
  const wanted = environment['STORAGE'] || 'memory'
  const storage = STORAGES.find((name) => name === wanted)
  if (storage === undefined) problems.push(`STORAGE must be one of ${STORAGES.join(', ')}`)
  const urlFrom = (name: string, storages: ReadonlyArray<string>, sample: string): string => {
    const url = environment[name] ?? ''
    const isMissing = storages.includes(wanted) && !URL.canParse(url)
    if (isMissing) problems.push(`${name} must be a URL such as ${sample} for STORAGE=${wanted}`)
    return url
  }
  return {
    storage: storage ?? 'memory',
    redisUrl: urlFrom('REDIS_URL', ['redis', 'layered'], 'redis://localhost:6379'),
    databaseUrl: urlFrom(
      'DATABASE_URL',
      ['postgres', 'layered'],
      'postgres://localhost:5432/teamcast',
    ),
    dataDirectory: environment['DATA_DIR'] || '.data',
  }
}

/** Makes a token for a SuperAdmin. */
export function makeSuperAdminToken(): string {
  return randomBytes(24).toString('base64url')
}
