import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { createCurrentKeys } from '../../lib/keys/current-keys.ts'
import { createKeyEncryption } from '../../lib/keys/key-encryption.ts'
import { anEncryptedKey } from '../../lib/storage/contract/sample-records.ts'
import type { EncryptedKey } from '../../lib/storage/encrypted-key-store.ts'
import { createTestClock } from '../../lib/testing/test-clock.ts'

test('current keys: a read that began earlier and ends later changes nothing', async (t) => {
  const clock = createTestClock()
  const encryption = createKeyEncryption(['a secret of a test, with more than 32 characters'])
  const keyOf = async (keyId: string, generation: number): Promise<EncryptedKey> => {
    const encrypted = await encryption.encrypt({ kty: 'oct', kid: keyId, k: `the-key-${keyId}` })
    const activatesAt = clock.now() - 1
    return anEncryptedKey({ purpose: 'cookie', keyId, generation, encrypted, activatesAt })
  }
  const { encryptedKeys } = createMemoryStorage()
  await encryptedKeys.insert(await keyOf('first', 1))
  const held = Promise.withResolvers<void>()
  let isHeld = true
  const store = {
    ...encryptedKeys,
    async list() {
      const records = await encryptedKeys.list()
      if (isHeld) await held.promise
      return records
    },
  }
  const { ring, read } = createCurrentKeys(store, encryption, clock.now)
  const late = read()
  await encryptedKeys.insert(await keyOf('second', 2))
  isHeld = false
  await read()
  t.deepEqual(ring.cookieKeys(), ['the-key-second', 'the-key-first'])
  held.resolve()
  await late
  t.deepEqual(ring.cookieKeys(), ['the-key-second', 'the-key-first'])
})
