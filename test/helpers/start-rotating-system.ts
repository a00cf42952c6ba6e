/**
 * A whole system with managed keys: two processes of the issuer on one store, and an API in another.
 *
 * @module
 */

import { type ManagedKeys, openManagedKeys } from '@teamcast/oauth-server'
import { systemClock } from '../../lib/util/clock.ts'
import type { ApiSettings } from './api-instance.ts'
import { startTraffic, type Traffic, type TrafficOptions } from './api-traffic.ts'
import { bundle } from './bundle.ts'
import { INSTANCE_SECRET, openStorageAt, type StoreLocation } from './instance-storage.ts'
import { SLOW_STORE } from './slow-store.ts'
import { startInstances } from './start-instances.ts'
import { startProcess } from './start-process.ts'

const DAY_SECONDS = 86_400
const API_FILE = new URL('./api-instance.ts', import.meta.url).pathname

/** How often the API reads what was revoked. */
export const POLL_INTERVAL_SECONDS = 1

/** The system, with traffic on it. */
export interface RotatingSystem {
  readonly traffic: Traffic
  readonly issuerUrls: ReadonlyArray<string>
  /** The keys as an operator sees them, in a process of neither. */
  readonly keys: ManagedKeys
  /** The key that signs now. */
  signingKeyId(): Promise<string>
  stop(): Promise<void>
}

/** Starts it on a store whose keys, and so their nextKeys, are a day old. */
export async function startRotatingSystem(
  location: StoreLocation,
  load: Pick<TrafficOptions, 'connections' | 'requestsPerSecond' | 'tokensPerSecond'>,
): Promise<RotatingSystem> {
  const opened = await openStorageAt(location)
  const given = { storage: opened.storage, secret: INSTANCE_SECRET, ...SLOW_STORE }
  const yesterday = (): number => systemClock() - DAY_SECONDS
  await (await openManagedKeys({ ...given, clock: yesterday })).stop()
  const instances = await startInstances(location, { clock: 'system' })
  const { issuer, client } = instances
  const resourceServer = await instances.registerClient({ resourceServerAudiences: [issuer] })
  const settings: ApiSettings = {
    issuer,
    audience: issuer,
    clientId: resourceServer.client.clientId,
    clientSecret: resourceServer.clientSecret ?? '',
    pollIntervalSeconds: POLL_INTERVAL_SECONDS,
  }
  const parameters = [await bundle(API_FILE), JSON.stringify(settings)]
  const api = await startProcess(process.execPath, parameters, /^listening on (\d+)$/)
  const issuerUrls = instances.instances.map(({ url }) => url)
  const keys = await openManagedKeys(given)
  const apiUrl = `http://127.0.0.1:${api.readyLine[1]}/`
  const traffic = await startTraffic({ apiUrl, issuerUrls, client, ...load })

  return {
    traffic,
    issuerUrls,
    keys,
    async signingKeyId() {
      const signing = (await keys.list()).find(
        ({ purpose, state }) => purpose === 'signing' && state === 'signing',
      )
      if (signing === undefined) throw new Error('no key signs')
      return signing.keyId
    },
    async stop() {
      await traffic.stop()
      await keys.stop()
      await Promise.all([api.stop('SIGKILL'), instances.stop(), opened.close()])
    },
  }
}
