import { randomBytes } from 'node:crypto'
import { STORAGES, type StorageSettings } from './storage.ts'

/** What the environment says. */
export interface Settings extends StorageSettings {
  /** Where the host application listens; 0 for any free port. */
  readonly port: number
  /** Where Acme Recruiter listens; `undefined` when it is turned off. */
  readonly clientPort: number | undefined
  /** The address that both listen on: one that only this machine reaches, or all. */
  readonly listenAddress: (typeof LISTEN_ADDRESSES)[number]
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
// The passwords are in this repository: whoever wants others to reach them says so.
const LISTEN_ADDRESSES = ['127.0.0.1', '0.0.0.0', '::'] as const
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
  const listenAddress = choiceFrom(environment, 'LISTEN_ADDRESS', LISTEN_ADDRESSES, problems)
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
    listenAddress,
    issuer,
    superAdminToken,
    secret,
    refreshTokenGraceSeconds,
    ...storageSettings,
  }
}

function readStorageSettings(environment: Environment, problems: Array<string>): StorageSettings {
  const storage = choiceFrom(environment, 'STORAGE', STORAGES, problems)
  const urlFrom = (name: string, storages: ReadonlyArray<string>, sample: string): string => {
    const url = environment[name] ?? ''
    const isMissing = storages.includes(storage) && !URL.canParse(url)
    if (isMissing) problems.push(`${name} must be a URL such as ${sample} for STORAGE=${storage}`)
    return url
  }
  return {
    storage,
    redisUrl: urlFrom('REDIS_URL', ['redis', 'layered'], 'redis://localhost:6379'),
    databaseUrl: urlFrom(
      'DATABASE_URL',
      ['postgres', 'layered'],
      'postgres://localhost:5432/teamcast',
    ),
    dataDirectory: environment['DATA_DIR'] || '.data',
  }
}

/** One of several values; the first is the default. */
function choiceFrom<Choice extends string>(
  environment: Environment,
  name: string,
  choices: readonly [Choice, ...ReadonlyArray<Choice>],
  problems: Array<string>,
): Choice {
  const [defaultChoice] = choices
  const wanted = environment[name] || defaultChoice
  const found = choices.find((choice) => choice === wanted)
  if (found === undefined) problems.push(`${name} must be one of ${choices.join(', ')}`)
  return found ?? defaultChoice
}

/** Whether no other machine can reach the example. */
export function isThisMachineOnly({ listenAddress }: Settings): boolean {
  return listenAddress === LISTEN_ADDRESSES[0]
}

/** Creates a token for a SuperAdmin. */
export function makeSuperAdminToken(): string {
  return randomBytes(24).toString('base64url')
}
