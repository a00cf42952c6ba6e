/**
 * The storage contract as a test suite: run it against your own storage.
 *
 * @module
 */

import { artifactCases } from './artifact-cases.ts'
import { backendCases } from './backend-cases.ts'
import { clientCases } from './client-cases.ts'
import { clientFilterCases } from './client-filter-cases.ts'
import { clientListCases } from './client-list-cases.ts'
import { clientNameCases } from './client-name-cases.ts'
import { connectionCases } from './connection-cases.ts'
import { consentCancellationCases } from './consent-cancellation-cases.ts'
import { consentCases } from './consent-cases.ts'
import { consentOwnerCases } from './consent-owner-cases.ts'
import { consentScopeCases } from './consent-scope-cases.ts'
import { consentUseCases } from './consent-use-cases.ts'
import { consentWithdrawalCases } from './consent-withdrawal-cases.ts'
import { encryptedKeyCases } from './encrypted-key-cases.ts'
import { familyCases } from './family-cases.ts'
import { pendingEventCases } from './pending-event-cases.ts'
import { replayCases } from './replay-cases.ts'
import { revocationCases } from './revocation-cases.ts'
import { revocationFeedCases } from './revocation-feed-cases.ts'
import { rotationCases } from './rotation-cases.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

export type { StorageContractCase } from './storage-contract-case.ts'

/**
 * Every promise of a `Storage`, each as a case of its own. They depend on no test runner.
 *
 * Many cases issue 50 calls at once, to see that one of them wins. That says little about a backend
 * that serves them one after the other: give the storage a pool of several connections.
 *
 * @example
 *
 * With node:test
 *
 * ```ts
 * import test from 'node:test'
 * import { storageContract } from '@teamcast/oauth-server/storage'
 *
 * for (const { name, run } of storageContract) {
 *   test(`my storage: ${name}`, () => run(async () => createMyStorage(await emptyDatabase())))
 * }
 * ```
 *
 * @example
 *
 * With ava
 *
 * ```ts
 * import { storageContract } from '@teamcast/oauth-server/storage'
 * import test from 'ava'
 *
 * for (const { name, run } of storageContract) {
 *   test(`my storage: ${name}`, async (t) => {
 *     await run(async () => createMyStorage(await emptyDatabase()))
 *     t.pass()
 *   })
 * }
 * ```
 */
export const storageContract: ReadonlyArray<StorageContractCase> = [
  ...clientCases,
  ...clientListCases,
  ...clientNameCases,
  ...clientFilterCases,
  ...consentCases,
  ...consentScopeCases,
  ...consentWithdrawalCases,
  ...consentCancellationCases,
  ...consentOwnerCases,
  ...familyCases,
  ...rotationCases,
  ...replayCases,
  ...connectionCases,
  ...consentUseCases,
  ...artifactCases,
  ...revocationCases,
  ...revocationFeedCases,
  ...encryptedKeyCases,
  ...pendingEventCases,
  ...backendCases,
]
