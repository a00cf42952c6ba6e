import { setImmediate as nextTurn } from 'node:timers/promises'
import { StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import type { ReportedDetail } from '../../lib/audit/audit-event.ts'
import { createClientSecret, createSecretIdentity } from '../../lib/clients/client-secret.ts'
import { createSecretUses, type RecordSecretUse } from '../../lib/clients/secret-uses.ts'
import type { ClientRecord } from '../../lib/storage/client.ts'
import type { ClientStore } from '../../lib/storage/client-store.ts'
import { fullClient } from '../../lib/storage/contract/sample-records.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { startServer } from '../helpers/start-server.ts'
import { requestClientCredentials } from '../helpers/token-requests.ts'

const NOW = 1_700_000_000

interface Fixture {
  readonly client: ClientRecord
  readonly store: ClientStore
  readonly noteUse: RecordSecretUse
  readonly events: Array<ReportedDetail>
}

function open(update?: ClientStore['update']): Fixture {
  const { clients } = createMemoryStorage()
  const events: Array<ReportedDetail> = []
  const secrets = [
    createClientSecret(createSecretIdentity(), NOW).record,
    createClientSecret(createSecretIdentity(), NOW).record,
  ]
  const noteUse = createSecretUses({
    clients: { ...clients, ...(update && { update }) },
    audit: { record: (event) => void events.push(event), deferUntilSent: (_, work) => work() },
    now: () => NOW,
  })
  return { client: fullClient({ secrets }), store: clients, noteUse, events }
}

test('secret uses: the use is noted beside the secret, and nothing else of the client changes', async (t) => {
  const { client, store, noteUse } = open()
  await store.insert(client)
  const [first, second] = client.secrets

  noteUse(client, second as never)
  await nextTurn()

  t.deepEqual(await store.find(client.clientId), {
    ...client,
    secrets: [first, { ...second, lastUsedAt: NOW }] as never,
  })
})

test('secret uses: one that was noted within the hour is not noted again', async (t) => {
  let updates = 0
  const { client, noteUse } = open(async () => {
    updates += 1
    return true
  })
  const [secret] = client.secrets
  for (const [lastUsedAt, expected] of [
    [NOW, 0],
    [NOW - 3600, 0],
    [NOW - 3601, 1],
    [undefined, 2],
  ] as const) {
    const used = { ...secret, lastUsedAt } as never
    noteUse({ ...client, secrets: [used] }, used)
    await nextTurn()
    t.is(updates, expected, String(lastUsedAt))
  }
})

test('secret uses: at most one attempt per secret is under way, and none waits for it', async (t) => {
  const attempts: Array<PromiseWithResolvers<boolean>> = []
  const { client, noteUse } = open(() => {
    const attempt = Promise.withResolvers<boolean>()
    attempts.push(attempt)
    return attempt.promise
  })
  const [first, second] = client.secrets
  const useBoth = (): void => {
    for (const secret of [first, second, first, second]) noteUse(client, secret as never)
  }

  useBoth()
  t.is(attempts.length, 2)
  attempts[0]?.resolve(true)
  await nextTurn()
  useBoth()
  t.is(attempts.length, 3)
})

test('secret uses: a change that came first is not undone', async (t) => {
  const { client, store, noteUse, events } = open()
  await store.insert(client)
  const changed = { ...client, name: 'Changed', version: client.version + 1 }
  await store.update(changed, client.version)

  noteUse(client, client.secrets[0] as never)
  await nextTurn()

  t.deepEqual(await store.find(client.clientId), changed)
  t.deepEqual(events, [])
})

test('secret uses: a failure is told to the audit, and tried again at the next use', async (t) => {
  let updates = 0
  const { client, noteUse, events } = open(async () => {
    updates += 1
    throw new StorageError('down')
  })
  for (const count of [1, 2]) {
    noteUse(client, client.secrets[0] as never)
    await nextTurn()
    t.is(updates, count)
    t.is(events.length, count)
    t.like(events[0], { type: 'server.error', error: { code: 'ERR_STORAGE' } })
  }
})

test('secret uses: a store that fails or never responds neither breaks nor delays a request', async (t) => {
  const storage = createMemoryStorage()
  const update = {
    fails: () => Promise.reject(new StorageError('down')),
    'never responds': () => new Promise<never>(() => undefined),
  }
  for (const [name, behaviour] of Object.entries(update)) {
    const { onEvent, settled } = recordEvents()
    const server = await startServer(t, {
      storage: { ...storage, clients: { ...storage.clients, update: behaviour } },
      onEvent,
    })
    t.is((await requestClientCredentials(server, server.confidential)).status, 200, name)
    const events = await settled()
    const failures = events.filter(({ type }) => type === 'server.error')
    t.is(failures.length, name === 'fails' ? 1 : 0)
  }
})
