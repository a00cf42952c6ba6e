import { createPrivateKey } from 'node:crypto'
import { ConfigurationError, loadSharedKeys, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'

const SECRET = 'a secret of a test, with more than 32 characters'

test('loadSharedKeys: of many instances that start at once, one makes the keys and all use them', async (t) => {
  const storage = createMemoryStorage()
  const loaded = await Promise.all(
    Array.from({ length: 8 }, () => loadSharedKeys({ storage, secret: SECRET })),
  )
  for (const keys of loaded) t.deepEqual(keys, loaded[0])
  t.is((await storage.sealedKeys.list()).length, 2)
  t.deepEqual(await loadSharedKeys({ storage, secret: SECRET }), loaded[0])
})

test('loadSharedKeys: the keys are a private RSA key of 2048 bits with a kid, and a secret', async (t) => {
  const { signingKeys, cookieKeys } = await loadSharedKeys({
    storage: createMemoryStorage(),
    secret: SECRET,
  })
  const [signingKey] = signingKeys
  const { asymmetricKeyDetails } = createPrivateKey({ key: signingKey, format: 'jwk' })
  t.is(asymmetricKeyDetails?.modulusLength, 2048)
  t.regex(signingKey.kid ?? '', /^[\w-]{22}$/)
  t.regex(cookieKeys[0], /^[\w-]{43}$/)
})

test('loadSharedKeys: what is in the storage shows neither key nor secret (decision 7)', async (t) => {
  const storage = createMemoryStorage()
  const { signingKeys, cookieKeys } = await loadSharedKeys({ storage, secret: SECRET })
  const dump = JSON.stringify(await storage.sealedKeys.list())
  for (const hidden of [signingKeys[0].d ?? '', cookieKeys[0], SECRET])
    t.false(dump.includes(hidden))
})

test('loadSharedKeys: another secret is refused, and changes nothing', async (t) => {
  const storage = createMemoryStorage()
  const keys = await loadSharedKeys({ storage, secret: SECRET })
  const error = await t.throwsAsync(() => loadSharedKeys({ storage, secret: `${SECRET}!` }), {
    instanceOf: ConfigurationError,
    code: 'ERR_CONFIGURATION_INVALID',
  })
  t.deepEqual(error.issues, [
    {
      path: 'secret',
      message: 'is not the one that the keys in the storage were encrypted under',
    },
  ])
  t.deepEqual(await loadSharedKeys({ storage, secret: SECRET }), keys)
})

test('loadSharedKeys: keys that were exchanged in the storage are refused', async (t) => {
  const storage = createMemoryStorage()
  await loadSharedKeys({ storage, secret: SECRET })
  const [signing, cookie] = await storage.sealedKeys.list()
  if (signing === undefined || cookie === undefined) return t.fail()
  await storage.sealedKeys.delete(signing.purpose, signing.generation)
  await storage.sealedKeys.insert({ ...signing, sealed: cookie.sealed })
  await t.throwsAsync(() => loadSharedKeys({ storage, secret: SECRET }), {
    code: 'ERR_CONFIGURATION_INVALID',
  })
})

test('loadSharedKeys: a short secret is refused before the storage is asked', async (t) => {
  const storage = {
    sealedKeys: { ...createMemoryStorage().sealedKeys, list: () => t.fail() as never },
  }
  await t.throwsAsync(() => loadSharedKeys({ storage, secret: 'x'.repeat(31) }), {
    code: 'ERR_CONFIGURATION_INVALID',
    message: '"secret" must have at least 32 characters',
  })
})

test('loadSharedKeys: a storage that fails is reported as it is', async (t) => {
  const failure = new StorageError('the backend is down')
  const list = async (): Promise<never> => {
    throw failure
  }
  const storage = { sealedKeys: { ...createMemoryStorage().sealedKeys, list } }
  t.is(await t.throwsAsync(() => loadSharedKeys({ storage, secret: SECRET })), failure)
})
