import {
  type AuditEvent,
  ConfigurationError,
  type ManagedKeys,
  type ManagedKeysOptions,
  openManagedKeys,
  type Storage,
  StorageError,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { EncryptedKey } from '@teamcast/oauth-server/storage'
import test from 'ava'
import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { revokeStoredKey, rotateStoredKey } from '../../lib/keys/stored-keys.ts'
import { createTestClock, type TestClock } from '../../lib/testing/test-clock.ts'
import { recordEvents } from '../helpers/record-events.ts'

const SECRET = 'a secret of a test, with more than 32 characters'
const NOW = 1_800_000_000
const DAY = 86_400
const ROTATION = 90 * DAY

type Options = Partial<ManagedKeysOptions>

interface Shared {
  readonly storage: Storage
  readonly clock: TestClock
  /** Opens the keys, as an instance does that reads them when it is told to. */
  open(options?: Options): Promise<ManagedKeys>
}

/** An empty storage that instances share, and the time. */
function createEmpty(): Shared {
  const storage = createMemoryStorage()
  const clock = createTestClock()
  clock.set(NOW)
  return {
    storage,
    clock,
    async open(options = {}) {
      const given = { storage, secret: SECRET, clock: clock.now, ...options }
      const keys = await openManagedKeys(given)
      await keys.stop()
      return keys
    },
  }
}

/** What an instance leaves in an empty storage. Made once: it takes a while. */
const { storage: filled, clock: fillingClock } = createEmpty()
await (await openManagedKeys({ storage: filled, secret: SECRET, clock: fillingClock.now })).stop()
const INITIAL_KEYS = await filled.encryptedKeys.list()

/** A storage that instances share, in which an instance has just made the first keys. */
async function createShared(): Promise<Shared> {
  const shared = createEmpty()
  for (const key of INITIAL_KEYS) await shared.storage.encryptedKeys.insert(key)
  return shared
}

type Kids = readonly [first: string, second: string, ...ReadonlyArray<string>]
/** The published keys: the one that signs and the others, the newest first. */
const kidsOf = (keys: ManagedKeys): Kids =>
  keys.publishedKeys().keys.map(({ kid = '' }) => kid) as unknown as Kids
const sign = (keys: ManagedKeys): Promise<string> => keys.signJwt({ sub: 'ada' }, 'at+jwt')
const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? ''
const verify = async (keys: ManagedKeys, token: string): Promise<boolean> => {
  try {
    await jwtVerify(token, keys.verificationKey)
    return true
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return false
    throw error
  }
}

test('managed keys: of ten instances that start at once, one creates the keys and all use them', async (t) => {
  const { storage, open } = createEmpty()
  const instances = await Promise.all(Array.from({ length: 10 }, () => open()))
  for (const keys of instances) {
    t.deepEqual(keys.publishedKeys(), instances[0]?.publishedKeys())
    t.deepEqual(keys.cookieKeys(), instances[0]?.cookieKeys())
  }
  const records = await storage.encryptedKeys.list()
  t.deepEqual(records.map(({ purpose, generation }) => `${purpose} ${generation}`).sort(), [
    'cookie 1',
    'cookie 2',
    'signing 1',
    'signing 2',
  ])
})

test('managed keys: a key of 2048 bits signs, another is published and waits; cookies have two secrets', async (t) => {
  const { clock, open } = await createShared()
  const keys = await open()
  const published = keys.publishedKeys().keys
  t.is(published.length, 2)
  for (const { n = '', kid = '' } of published) {
    t.is(Buffer.from(n, 'base64url').length, 256)
    t.regex(kid, /^[\da-f]{32}$/)
  }
  const token = await sign(keys)
  t.is(kidOf(token), kidsOf(keys)[0])
  t.true(await verify(keys, token))
  t.deepEqual(new Set(keys.cookieKeys().map((key) => key.length)), new Set([43]))

  const [next, signing, ...cookieKeys] = await keys.list()
  const now = clock.now()
  t.deepEqual(signing, {
    keyId: kidOf(token),
    purpose: 'signing',
    generation: 1,
    state: 'signing',
    createdAt: now,
    activatesAt: now,
    retiresAt: now + ROTATION + DAY + 300,
  })
  t.like(next, { generation: 2, state: 'next', activatesAt: now + ROTATION })
  t.is(next?.retiresAt, undefined)
  t.deepEqual(
    cookieKeys.map(({ purpose, state }) => `${purpose} ${state}`),
    ['cookie next', 'cookie signing'],
  )
})

test('managed keys: the storage shows neither key nor secret: each record is an encrypted JWK (RFC 7517 §7)', async (t) => {
  const { storage, open } = await createShared()
  const keys = await open()
  const records = await storage.encryptedKeys.list()
  for (const { encrypted } of records) {
    t.is(encrypted.split('.').length, 5)
    const { kid = '', ...header } = decodeProtectedHeader(encrypted)
    t.deepEqual(header, { alg: 'dir', enc: 'A256GCM', cty: 'jwk+json' })
    t.regex(kid, /^[\w-]{22}$/)
  }
  t.is(new Set(records.map(({ encrypted }) => decodeProtectedHeader(encrypted).kid)).size, 1)
  const dump = JSON.stringify(records)
  for (const hidden of [...keys.cookieKeys(), SECRET, '"d"', '"qi"']) {
    t.false(dump.includes(hidden), hidden)
  }
  for (const { n = '' } of keys.publishedKeys().keys) t.false(dump.includes(n))
})

test('managed keys: another secret is refused, and changes nothing', async (t) => {
  const { storage, open } = await createShared()
  await open()
  const before = await storage.encryptedKeys.list()
  const error = await t.throwsAsync(() => open({ secret: `${SECRET}!` }), {
    instanceOf: ConfigurationError,
    code: 'ERR_CONFIGURATION_INVALID',
  })
  t.deepEqual(error.issues, [
    {
      path: 'secret',
      message: 'is not the one that the keys in the storage were encrypted under',
    },
  ])
  t.deepEqual(await storage.encryptedKeys.list(), before)
})

test('managed keys: keys that were exchanged in the storage are refused', async (t) => {
  const { storage, open } = await createShared()
  await open()
  const keys = await storage.encryptedKeys.list()
  const [signing, otherSigning] = keys.filter(({ purpose }) => purpose === 'signing')
  const cookie = keys.find(({ purpose }) => purpose === 'cookie')
  if (!signing || !otherSigning || !cookie) return t.fail()
  const exchanged: ReadonlyArray<Partial<EncryptedKey>> = [
    { encrypted: otherSigning.encrypted },
    { encrypted: cookie.encrypted },
    { encrypted: cookie.encrypted, keyId: cookie.keyId },
  ]
  let version = 1
  for (const changes of exchanged) {
    version += 1
    await storage.encryptedKeys.update({ ...signing, ...changes, version }, version - 1)
    await t.throwsAsync(() => open(), { code: 'ERR_CONFIGURATION_INVALID' })
  }
})

test('managed keys: a record that was changed, or is no JWE of ours, is refused', async (t) => {
  const { storage, open } = await createShared()
  const [key] = await storage.encryptedKeys.list()
  if (key === undefined) return t.fail()
  const [header = '', , ...rest] = key.encrypted.split('.')
  const [iv = '', ciphertext = '', tag = ''] = rest
  const otherHeader = { ...decodeProtectedHeader(key.encrypted), enc: 'A128GCM' }
  const changed: ReadonlyArray<string> = [
    'x',
    key.encrypted.slice(0, -4),
    [header, '', iv, ciphertext.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), tag].join(
      '.',
    ),
    [Buffer.from(JSON.stringify(otherHeader)).toString('base64url'), '', ...rest].join('.'),
  ]
  let version = 1
  for (const encrypted of changed) {
    version += 1
    await storage.encryptedKeys.update({ ...key, encrypted, version }, version - 1)
    await t.throwsAsync(() => open(), { code: 'ERR_CONFIGURATION_INVALID' }, encrypted)
  }
})

test('managed keys: everything wrong with the options is reported at once, before the storage is asked', async (t) => {
  const list = (): never => t.fail() as never
  const memory = createMemoryStorage()
  const options = {
    storage: { ...memory, encryptedKeys: { ...memory.encryptedKeys, list } },
    secret: 'x'.repeat(31),
    previousSecrets: ['short'],
    signingKeyRotationSeconds: 3599,
    cookieKeyRotationSeconds: 1.5,
    refreshSeconds: 6,
    storageTimeoutMilliseconds: 99,
    onEvent: 'log',
    interval: 7,
  }
  const error = await t.throwsAsync(() => openManagedKeys(options as never), {
    instanceOf: ConfigurationError,
  })
  t.deepEqual(error.issues, [
    { path: 'secret', message: 'must have at least 32 characters' },
    { path: 'previousSecrets.0', message: 'must have at least 32 characters' },
    { path: 'signingKeyRotationSeconds', message: 'must be at least 3600' },
    { path: 'cookieKeyRotationSeconds', message: 'must be a whole number of seconds' },
    { path: 'refreshSeconds', message: 'must be at most 5' },
    { path: 'storageTimeoutMilliseconds', message: 'must be at least 100' },
    { path: 'onEvent', message: 'must be a function' },
    { path: 'interval', message: 'is not an option; check its spelling' },
  ])
  for (const missing of ['encryptedKeys', 'revocations', 'pendingEvents']) {
    const storage = { ...memory, [missing]: undefined }
    await t.throwsAsync(() => openManagedKeys({ storage, secret: SECRET } as never), {
      instanceOf: ConfigurationError,
      message: '"storage" must be a Storage, for example createMemoryStorage()',
    })
  }
  for (const [store, method] of [
    ['encryptedKeys', 'update'],
    ['revocations', 'add'],
    ['pendingEvents', 'take'],
  ] as const) {
    const storage = { ...memory, [store]: { ...memory[store], [method]: undefined } }
    await t.throwsAsync(() => openManagedKeys({ storage, secret: SECRET } as never), {
      instanceOf: ConfigurationError,
      message: `"storage.${store}.${method}" must be a function: the storage contract has this method`,
    })
  }
  await t.throwsAsync(() => openManagedKeys({ storage: {} } as never), {
    message:
      '"storage" must be a Storage, for example createMemoryStorage(); "secret" is missing; it must be a string',
  })
  await t.throwsAsync(() => openManagedKeys(undefined as never), {
    message: '"options" must be an object',
  })
})

test('managed keys: a storage that fails is reported as it is', async (t) => {
  const failure = new StorageError('the backend is down')
  const list = async (): Promise<never> => {
    throw failure
  }
  const memory = createMemoryStorage()
  const storage = { ...memory, encryptedKeys: { ...memory.encryptedKeys, list } }
  t.is(await t.throwsAsync(() => openManagedKeys({ storage, secret: SECRET })), failure)
})

test('managed keys: a storage that is frozen is given up after storageTimeoutMilliseconds', async (t) => {
  const memory = createMemoryStorage()
  const list = (): Promise<never> => new Promise(() => undefined)
  const storage = { ...memory, encryptedKeys: { ...memory.encryptedKeys, list } }
  await t.throwsAsync(
    () => openManagedKeys({ storage, secret: SECRET, storageTimeoutMilliseconds: 100 }),
    { instanceOf: StorageError, message: /within 100 ms/ },
  )
})

test('managed keys: the next key signs when its time has come, without a read; the previous one stays until its last token has expired', async (t) => {
  const { clock, open } = await createShared()
  const keys = await open()
  const [first, second] = kidsOf(keys)
  const published = keys.publishedKeys()
  clock.advance(ROTATION - 1)
  await keys.refresh()
  t.is(keys.publishedKeys(), published)
  const token = await sign(keys)
  t.is(kidOf(token), first)

  clock.advance(1)
  t.deepEqual(kidsOf(keys), [second, first])
  t.is(kidOf(await sign(keys)), second)
  t.true(await verify(keys, token))
  await keys.refresh()
  t.is(kidsOf(keys).length, 3)

  clock.advance(DAY + 299)
  await keys.refresh()
  t.true(await verify(keys, token))
  clock.advance(1)
  await keys.refresh()
  t.false(await verify(keys, token))
  t.is(kidsOf(keys).length, 2)
  t.is(kidsOf(keys)[0], second)
})

test('managed keys: rotate() has the next key sign at once, if it is ten minutes old', async (t) => {
  const { clock, open } = await createShared()
  const [keys, elsewhere] = [await open(), await open()]
  const [first, second] = kidsOf(keys)
  const openedAt = clock.now()
  t.is(await keys.rotate('signing'), openedAt + 600)
  t.is(kidOf(await sign(keys)), first)

  clock.set(openedAt + 600)
  t.is(kidOf(await sign(keys)), second)
  await keys.refresh()
  clock.advance(ROTATION / 2)
  await keys.refresh()
  t.is(await keys.rotate('signing'), clock.now())
  const third = kidOf(await sign(keys))
  t.false([first, second].includes(third))
  t.true(await verify(elsewhere, await sign(keys)))
  await elsewhere.refresh()
  t.is(kidOf(await sign(elsewhere)), third)
})

test('managed keys: rotate() of the cookie keys changes which secret signs, and leaves the signing keys alone', async (t) => {
  const { clock, open } = await createShared()
  const keys = await open()
  const [first, second] = keys.cookieKeys()
  const published = kidsOf(keys)
  clock.advance(600)
  await keys.rotate('cookie')
  t.deepEqual(keys.cookieKeys().slice(-1), [first])
  t.is(keys.cookieKeys()[0], second)
  t.deepEqual(kidsOf(keys), published)
})

test('managed keys: revoke() ends signing at once, and what the key signed fifteen seconds later, on every instance', async (t) => {
  const { storage, clock, open } = await createShared()
  const [keys, elsewhere] = [await open(), await open()]
  const [leaked, next] = kidsOf(keys)
  const now = clock.now()
  const token = await sign(keys)
  t.is(await keys.revoke(leaked), now + 15)
  t.is(kidOf(await sign(keys)), next)
  t.is(kidOf(await sign(elsewhere)), leaked)
  t.is(await elsewhere.revoke(leaked), now + 15, 'again is no other moment')

  clock.advance(14)
  t.is(kidOf(await sign(elsewhere)), next)
  for (const instance of [keys, elsewhere]) t.true(await verify(instance, token))
  t.false(await storage.revocations.has('signing-key', leaked, clock.now()))
  clock.advance(1)
  for (const instance of [keys, elsewhere]) {
    t.false(await verify(instance, token))
    t.false(kidsOf(instance).includes(leaked))
  }
  await elsewhere.refresh()
  t.true(await storage.revocations.has('signing-key', leaked, clock.now() + DAY - 1))
  t.false((await keys.list()).some(({ keyId }) => keyId === leaked))
  t.is(await keys.revoke(leaked), undefined)
})

test('managed keys: an instance that has not heard of a revocation signs for ten seconds at most, and then reads the keys first', async (t) => {
  const { clock, open } = await createShared()
  const [keys, elsewhere] = [await open(), await open()]
  const [leaked] = kidsOf(keys)
  await keys.revoke(leaked)
  clock.advance(10)
  t.is(kidOf(await sign(elsewhere)), leaked)
  clock.advance(1)
  t.not(kidOf(await sign(elsewhere)), leaked)
})

test('managed keys: while the storage is unavailable nothing is signed with keys older than ten seconds, but all verify', async (t) => {
  const { storage, clock, open } = await createShared()
  let isAway = false
  const list = async (): Promise<ReadonlyArray<EncryptedKey>> => {
    if (isAway) throw new StorageError('away')
    return await storage.encryptedKeys.list()
  }
  const cutOff = await open({
    storage: { ...storage, encryptedKeys: { ...storage.encryptedKeys, list } },
  })
  const keys = await open()
  clock.advance(ROTATION - 5)
  await Promise.all([keys.refresh(), cutOff.refresh()])
  const token = await sign(keys)
  isAway = true

  clock.advance(5)
  t.is(kidOf(await sign(cutOff)), kidsOf(keys)[0], 'the change needs no storage')
  clock.advance(6)
  await t.throwsAsync(() => sign(cutOff), { instanceOf: StorageError, message: 'away' })
  t.true(await verify(cutOff, token))
  t.true(await verify(cutOff, await sign(keys)))
  await t.throwsAsync(() => cutOff.refresh(), { message: 'away' })

  isAway = false
  await t.throwsAsync(() => sign(cutOff), { message: 'away' }, 'the next read tells')
  await cutOff.refresh()
  t.is(kidOf(await sign(cutOff)), kidOf(await sign(keys)))
})

test('managed keys: a key that another instance created and used at once is read with its first token', async (t) => {
  const { clock, open } = await createShared()
  const [keys, elsewhere] = [await open(), await open()]
  // Two emergencies in a row: the second next key was made a moment ago.
  for (const kid of kidsOf(keys)) await keys.revoke(kid)
  const token = await sign(keys)
  clock.advance(1)
  t.true(await verify(elsewhere, token))
})

test('managed keys: an unknown key causes one read a second at most', async (t) => {
  const { storage, clock, open } = await createShared()
  let reads = 0
  const list = (): ReturnType<typeof storage.encryptedKeys.list> => {
    reads += 1
    return storage.encryptedKeys.list()
  }
  const keys = await open({
    storage: { ...storage, encryptedKeys: { ...storage.encryptedKeys, list } },
  })
  const foreign = await sign(await createEmpty().open())
  clock.advance(1)
  reads = 0
  const results = await Promise.all(Array.from({ length: 20 }, () => verify(keys, foreign)))
  t.deepEqual(new Set(results), new Set([false]))
  t.is(reads, 1)
})

test('managed keys: the secret can be changed while instances with the old one run', async (t) => {
  const { storage, clock, open } = await createShared()
  const old = await open()
  const token = await sign(old)
  const newSecret = `${SECRET}, changed`
  const changed = await open({ secret: newSecret, previousSecrets: [SECRET] })
  t.true(await verify(changed, token))
  t.deepEqual(changed.publishedKeys(), old.publishedKeys())
  t.deepEqual(
    (await storage.encryptedKeys.list()).map(({ version }) => version),
    [2, 2, 2, 2],
  )
  const only = await open({ secret: newSecret })
  t.deepEqual(only.cookieKeys(), old.cookieKeys())

  await old.refresh()
  t.is(kidOf(await sign(old)), kidOf(token), 'what it had opened stays open')
  await t.throwsAsync(() => open(), { code: 'ERR_CONFIGURATION_INVALID' })
  clock.advance(600)
  await changed.rotate('signing')
  await old.refresh()
  t.is(kidOf(await sign(old)), kidOf(await sign(changed)))
})

test('managed keys: events say what happened to which key, once, and nothing secret', async (t) => {
  const { clock, open } = createEmpty()
  const { onEvent, settled } = recordEvents()
  const [keys] = [await open({ onEvent }), await open({ onEvent })]
  const [first, second] = kidsOf(keys)
  clock.advance(600)
  await keys.rotate('signing')
  await keys.revoke(first, { actorId: 'root', ip: '192.0.2.1' })
  clock.advance(15)
  await keys.refresh()
  const events = await settled()
  const ofSigning = events.flatMap((event) =>
    'purpose' in event && event.purpose === 'signing' ? [`${event.type} ${event.keyId}`] : [],
  )
  const third = kidsOf(keys).find((kid) => kid !== second)
  t.deepEqual(ofSigning, [
    `key.created ${first}`,
    `key.created ${second}`,
    `key.rotated ${second}`,
    `key.created ${third}`,
    `key.revoked ${first}`,
    `key.deleted ${first}`,
  ])
  t.is(events.filter(({ type }) => type === 'key.created').length, 5)
  t.like(
    events.find(({ type }) => type === 'key.revoked'),
    { actorId: 'root', ip: '192.0.2.1', result: 'success' },
  )
  const text = JSON.stringify(events)
  for (const secret of [SECRET, ...keys.cookieKeys()]) t.false(text.includes(secret))
})

/** Instances with one listener, and what it hears of keys that somebody rotated or revoked. */
async function openListening(
  { open }: Shared,
  count: number,
): Promise<{
  readonly instances: ReadonlyArray<ManagedKeys>
  readonly changes: () => Promise<ReadonlyArray<AuditEvent>>
}> {
  const { onEvent, settled } = recordEvents()
  const instances = await Promise.all(Array.from({ length: count }, () => open({ onEvent })))
  return {
    instances,
    async changes() {
      const events = await settled()
      return events.filter(({ type }) => type === 'key.rotated' || type === 'key.revoked')
    },
  }
}

test('managed keys: what a command did is reported as what keys.rotate() and keys.revoke() do, once, by one of ten instances', async (t) => {
  const shared = await createShared()
  const { storage, clock } = shared
  const { instances, changes } = await openListening(shared, 10)
  const [first, second] = kidsOf(instances[0] as ManagedKeys)
  const refreshAll = (): Promise<unknown> => Promise.all(instances.map((keys) => keys.refresh()))
  const by = { actorId: 'root', ip: '192.0.2.1' }
  const ofKey = (keyId: string, at: number) =>
    ({ version: 1, at, result: 'success', keyId, purpose: 'signing', ...by }) as const

  clock.advance(600)
  await rotateStoredKey(storage.encryptedKeys, 'signing', clock.now(), by)
  clock.advance(5)
  await refreshAll()
  await refreshAll()
  const rotated = { type: 'key.rotated', ...ofKey(second, NOW + 600) } as const
  t.deepEqual(await changes(), [rotated])

  await revokeStoredKey(storage.encryptedKeys, first, clock.now(), by)
  clock.advance(5)
  await refreshAll()
  clock.advance(15)
  await refreshAll()
  const revoked = { type: 'key.revoked', ...ofKey(first, NOW + 605) } as const
  t.deepEqual(await changes(), [rotated, revoked])
})

test('managed keys: rotating or revoking what is so already is no event', async (t) => {
  const shared = await createShared()
  const { instances, changes } = await openListening(shared, 1)
  const [keys] = instances as readonly [ManagedKeys]
  const [first, second] = kidsOf(keys)
  const signsAt = await keys.rotate('signing')
  t.is(await keys.rotate('signing'), signsAt)
  const refusedAt = await keys.revoke(first)
  t.is(await keys.revoke(first), refusedAt)
  t.deepEqual(
    (await changes()).map((event) => 'keyId' in event && [event.type, event.keyId]),
    [
      ['key.rotated', second],
      ['key.revoked', first],
    ],
  )
})

test('managed keys: what happened while no instance ran is reported when one starts, before the key is deleted', async (t) => {
  const shared = await createShared()
  const { storage, clock, open } = shared
  const [first, second] = kidsOf(await open())
  clock.advance(600)
  await rotateStoredKey(storage.encryptedKeys, 'signing', clock.now(), {})
  await revokeStoredKey(storage.encryptedKeys, first, clock.now(), {})
  clock.advance(DAY)
  const { onEvent, settled } = recordEvents()
  await open({ onEvent })
  const events = await settled()
  const historyOf = (keyId: string): ReadonlyArray<unknown> =>
    events.flatMap((event) =>
      'keyId' in event && event.keyId === keyId ? [[event.type, event.at - NOW]] : [],
    )
  t.deepEqual(historyOf(second), [['key.rotated', 600]])
  t.deepEqual(historyOf(first), [
    ['key.revoked', 600],
    ['key.deleted', 600 + DAY],
  ])
})

test('managed keys: an instance without a listener leaves the event to one that has one', async (t) => {
  const shared = await createShared()
  const { changes, instances } = await openListening(shared, 1)
  const silent = await shared.open()
  await silent.rotate('signing')
  t.deepEqual(await changes(), [])
  await instances[0]?.refresh()
  t.is((await changes()).length, 1)
})

test('managed keys: an event is reported once although the answer of the storage is lost', async (t) => {
  const shared = await createShared()
  const { storage, clock } = shared
  let isAnswerLost = false
  const encryptedKeys: typeof storage.encryptedKeys = {
    ...storage.encryptedKeys,
    async update(...parameters) {
      const outcome = await storage.encryptedKeys.update(...parameters)
      if (isAnswerLost) throw new StorageError('the answer is lost')
      return outcome
    },
  }
  const { changes, instances } = await openListening(
    {
      ...shared,
      open: (options) => shared.open({ storage: { ...storage, encryptedKeys }, ...options }),
    },
    1,
  )
  const [keys] = instances as readonly [ManagedKeys]
  await rotateStoredKey(storage.encryptedKeys, 'signing', clock.now(), {})
  isAnswerLost = true
  await t.throwsAsync(keys.refresh(), { message: 'the answer is lost' })
  t.deepEqual(await changes(), [])
  await keys.refresh()
  await keys.refresh()
  t.is((await changes()).length, 1)
})

test('managed keys: an event of the command line that cannot be read is reported as an error, and loses no other', async (t) => {
  const { storage, open } = await createShared()
  const { onEvent, settled } = recordEvents()
  const keys = await open({ onEvent })
  const good = (clientId: string): string =>
    JSON.stringify({ detail: { type: 'client.deleted', clientId }, at: NOW })
  const unreadable = [
    '',
    '{"broken"',
    'null',
    '"text"',
    '{}',
    '{"detail":null,"at":1}',
    '{"detail":{"type":"client.deleted"},"at":"now"}',
    '{"detail":{"type":"toString"},"at":1}',
    '{"detail":{"type":"of.another-version"},"at":1}',
  ]
  await storage.pendingEvents.add(good('first'))
  for (const event of unreadable) await storage.pendingEvents.add(event)
  await storage.pendingEvents.add(good('last'))
  await keys.refresh()
  const events = await settled()
  const reported = events.flatMap((event) =>
    event.type === 'client.deleted' ? [event.clientId] : [],
  )
  t.deepEqual(reported, ['first', 'last'])
  const errors = events.filter(({ type }) => type === 'server.error')
  t.is(errors.length, unreadable.length)
  for (const event of errors) {
    t.like(event, {
      error: {
        message: 'an audit event of the command line cannot be read; it is lost',
        operation: 'pendingEvents.take()',
      },
    })
  }
})

test('managed keys: they keep themselves fresh, report what fails, and stop', async (t) => {
  const { storage, clock } = await createShared()
  // The keys' own timer keeps no process alive, and nothing else may run beside this test.
  const keepAlive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(keepAlive))
  const { promise: failed, resolve: onFailure } = Promise.withResolvers<AuditEvent>()
  const { promise: readAgain, resolve: onRead } = Promise.withResolvers<void>()
  let reads = 0
  let isAway = false
  const list = async (): Promise<ReadonlyArray<EncryptedKey>> => {
    reads += 1
    if (isAway) throw new StorageError('away')
    onRead()
    return await storage.encryptedKeys.list()
  }
  const keys = await openManagedKeys({
    secret: SECRET,
    clock: clock.now,
    storage: { ...storage, encryptedKeys: { ...storage.encryptedKeys, list } },
    refreshSeconds: 1,
    onEvent: (event) => {
      if (event.type === 'server.error') onFailure(event)
    },
  })
  await readAgain
  isAway = true
  const error = { message: 'away', code: 'ERR_STORAGE', operation: 'encryptedKeys.list()' }
  t.like(await failed, { type: 'server.error', error })
  await keys.stop()
  t.true(reads >= 3)
  t.truthy(kidsOf(keys)[0])
})
