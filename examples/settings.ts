import { randomBytes } from 'node:crypto'
import { STORAGES, type StorageSettings } from './storage.ts'

/** Settings from the environment. */
export interface Settings extends StorageSettings {
  /** Port of the host application; 0 for any free port. */
  readonly port: number
  /** Port of Acme Recruiter; `undefined` when it is turned off. */
  readonly clientPort: number | undefined
  /** The address that both listen on: loopback or any. */
  readonly listenAddress: (typeof LISTEN_ADDRESSES)[number]
  /** Public URL of the host; `undefined` for http://localhost and its port. */
  readonly issuer: string | undefined
  /** The bearer token of SuperAdmins; `undefined` to generate one. */
  readonly superAdminToken: string | undefined
  /** Encrypts the keys in the storage. All instances on one storage share it. */
  readonly secret: string
  /** The refresh grace period. */
  readonly refreshTokenGraceSeconds: number
  /** Whether partners may learn who signed in. */
  readonly openIdConnect: (typeof SWITCH)[number]
}

/** An invalid setting. The message says how to correct it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

const HIGHEST_PORT = 65_535
// Loopback by default: the passwords are public in this repository.
const LISTEN_ADDRESSES = ['127.0.0.1', '0.0.0.0', '::'] as const
const SWITCH = ['on', 'off'] as const
const DEVELOPMENT_SECRET = 'a secret for development, known to everybody'

// RFC 6750 §2.1.
const BEARER_TOKEN = /^[\w.~+/-]+=*$/

/** The sign-in page does not limit attempts to guess it. */
const MINIMUM_TOKEN_LENGTH = 32

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings from the environment.
 *
 * @throws SettingsError with every invalid variable.
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
  problems.push(...findTokenProblems(superAdminToken))
  const issuer = environment['ISSUER'] || undefined
  if (issuer !== undefined && !URL.canParse(issuer)) {
    problems.push('ISSUER must be an absolute https URL')
  }
  const secret = environment['OAUTH_SECRET'] || DEVELOPMENT_SECRET
  if (secret === DEVELOPMENT_SECRET && environment['NODE_ENV'] === 'production') {
    problems.push('OAUTH_SECRET is missing: in production it must be a secret of your own')
  }
  const refreshTokenGraceSeconds = numberFrom('REFRESH_TOKEN_GRACE_SECONDS', 0, 60)
  const openIdConnect = choiceFrom(environment, 'OPENID_CONNECT', SWITCH, problems)
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
    openIdConnect,
    ...storageSettings,
  }
}

function findTokenProblems(token: string | undefined): ReadonlyArray<string> {
  if (token === undefined) return []
  if (!BEARER_TOKEN.test(token)) {
    return ['SUPER_ADMIN_TOKEN must consist of letters, digits and "-._~+/" only']
  }
  if (token.length >= MINIMUM_TOKEN_LENGTH) return []
  return [
    `SUPER_ADMIN_TOKEN must have at least ${MINIMUM_TOKEN_LENGTH} characters, so that nobody can guess it; make one with \`openssl rand -base64 32\``,
  ]
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

/** Reads one of several values; the first is the default. */
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

/** Creates a token for a SuperAdmin: 256 random bits. */
export function createSuperAdminToken(): string {
  return randomBytes(32).toString('base64url')
}
