/**
 * Several server processes on one store, behind a load balancer.
 *
 * @module
 */

import type {
  AuthorizationServerOptions,
  NewClient,
  RegisteredClient,
} from '@teamcast/oauth-server'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createClientRegistry } from '../../lib/clients/client-registry.ts'
import { resolveClientReferences } from '../../lib/options/resolve-options.ts'
import { createDeleteClient } from '../../lib/revocation/delete-client.ts'
import { createRevoker } from '../../lib/revocation/revoker.ts'

import { type Authorization, authorize } from '../../lib/testing/authorize.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { bundle } from './bundle.ts'
import { createFarClock } from './far-clock.ts'
import { type OpenedStorage, openStorageAt, type StoreLocation } from './instance-storage.ts'
import { startLoadBalancer } from './load-balancer.ts'
import { postAs } from './requests.ts'
import { SLOW_STORE } from './slow-store.ts'
import { type RunningProcess, startProcess } from './start-process.ts'
import { CONFIDENTIAL_CLIENT } from './start-server.ts'

/** What a server process is told. */
export interface InstanceSettings {
  readonly issuer: string
  /** 0 for a free one. */
  readonly port: number
  readonly location: StoreLocation
  /** `far` stands still (`far-clock.ts`): no code or grace period ends because a busy machine takes long. */
  readonly clock: 'far' | 'system'
  readonly options: Pick<
    AuthorizationServerOptions,
    'refreshTokenGraceSeconds' | 'storageTimeoutMilliseconds'
  >
}

/** A server process. */
export interface Instance {
  readonly url: string
  readonly process: RunningProcess
}

/** Server processes that act as one. */
export interface Instances {
  /** Their issuer: the load balancer. */
  readonly issuer: string
  readonly instances: ReadonlyArray<Instance>
  /** The storage they share, seen from the test. */
  readonly opened: OpenedStorage
  /** A client of theirs. */
  readonly client: RegisteredClient
  /** Registers another client. */
  registerClient(changes?: Partial<NewClient>): Promise<RegisteredClient>
  /** Takes a user through sign-in and consent. */
  authorize(userId: string, client?: RegisteredClient): Promise<Authorization>
  /** Takes a user through sign-in and consent, and redeems the code. */
  issueTokens(userId: string, client?: RegisteredClient): Promise<IssuedTokens>
  /** Starts a process again that was killed, where it was. */
  restart(index: number): Promise<void>
  /** Has a new process take the place of another, which ends what it has begun and gets nothing more. */
  replace(index: number, by: Replacement): Promise<void>
  stop(): Promise<void>
}

/** What is different in the process that takes another's place. */
export interface Replacement {
  readonly location?: StoreLocation
  /** Path of what it runs, which takes the same settings. */
  readonly program?: string
}

/** Tokens as the token endpoint hands them out. */
export interface IssuedTokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** What a server process runs. */
export const INSTANCE_FILE: string = new URL('./instance.ts', import.meta.url).pathname

/** Starts processes on a store. */
export async function startInstances(
  location: StoreLocation,
  {
    count = 2,
    clock = 'far',
    program,
    ...changes
  }: InstanceSettings['options'] & {
    readonly count?: number
    readonly clock?: InstanceSettings['clock']
    readonly program?: string
  } = {},
): Promise<Instances> {
  const options = { ...SLOW_STORE, ...changes }
  const balancer = await startLoadBalancer()
  const issuer = balancer.url
  const instances: Array<Instance> = []
  const replaced: Array<Instance> = []
  const startOne = (port: number, by: Replacement = {}): Promise<Instance> =>
    startInstance(by.program ?? program, {
      ...{ issuer, port, clock, options },
      location: by.location ?? location,
    })
  // At once, so that they also race for the keys they share.
  instances.push(...(await Promise.all(Array.from({ length: count }, () => startOne(0)))))
  balancer.backendPorts.push(...instances.map(({ url }) => Number(new URL(url).port)))

  const opened = await openStorageAt(location)
  const { clients: store, consents } = opened.storage
  const now = clock === 'far' ? createFarClock().now : systemClock
  const audit = createAuditLog(undefined, now)
  const revoker = createRevoker(opened.storage, now)
  const registry = createClientRegistry({
    ...resolveClientReferences({}),
    store,
    now,
    audit,
    deleteClient: createDeleteClient({ store, consents, revoker, audit }),
  })
  const registerClient = (changes: Partial<NewClient> = {}): Promise<RegisteredClient> =>
    registry.register({ ...CONFIDENTIAL_CLIENT, ...changes })
  const client = await registerClient()

  const authorizeUser: Instances['authorize'] = (userId, { client: of } = client) =>
    authorize({
      authorizationEndpoint: `${issuer}/oauth/authorize`,
      clientId: of.clientId,
      redirectUri: of.redirectUris[0] ?? '',
      scopes: of.scopes,
      username: userId,
      password: 'any',
    })

  return {
    issuer,
    instances,
    opened,
    client,
    registerClient,
    authorize: authorizeUser,

    async issueTokens(userId, of = client) {
      const { code, codeVerifier } = await authorizeUser(userId, of)
      const response = await postAs(of, `${issuer}/oauth/token`, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
      })
      if (response.status !== 200) throw new Error(await response.text())
      return (await response.json()) as IssuedTokens
    },

    async restart(index) {
      const { url } = instances[index] ?? { url: '' }
      instances[index] = await startOne(Number(new URL(url).port))
    },

    async replace(index, by) {
      const successor = await startOne(0, by)
      balancer.backendPorts[index] = Number(new URL(successor.url).port)
      replaced.push(...instances.splice(index, 1, successor))
    },

    async stop() {
      await balancer.close()
      await Promise.all([...instances, ...replaced].map(({ process }) => process.stop('SIGKILL')))
      await opened.close()
    },
  }
}

async function startInstance(
  program: string | undefined,
  settings: InstanceSettings,
): Promise<Instance> {
  const parameters = [program ?? (await bundle(INSTANCE_FILE)), JSON.stringify(settings)]
  const process_ = await startProcess(process.execPath, parameters, /^listening on (\d+)$/)
  const [, port] = process_.readyLine
  return { url: `http://127.0.0.1:${port}`, process: process_ }
}
