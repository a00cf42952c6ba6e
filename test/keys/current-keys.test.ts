import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { createCurrentKeys } from '../../lib/keys/current-keys.ts'
import { createKeySealing } from '../../lib/keys/key-sealing.ts'
import type { SealedKey } from '../../lib/storage/storage.ts'
import { aSealedKey } from '../../lib/testing/storage-contract/sample-records.ts'
import { createTestClock } from '../../lib/testing/test-clock.ts'

test('current keys: a read that began earlier and ends later changes nothing', async (t) => {
  const clock = createTestClock()
  const sealing = createKeySealing(['a secret of a test, with more than 32 characters'])
  const keyOf = (keyId: string, generation: number): SealedKey => {
    const sealed = sealing.seal('cookie', { keyId, key: `the key ${keyId}` })
    const activatesAt = clock.now() - 1
    return aSealedKey({ purpose: 'cookie', keyId, generation, sealed, activatesAt })
  }
  const { sealedKeys } = createMemoryStorage()
  await sealedKeys.insert(keyOf('first', 1))
  const held = Promise.withResolvers<void>()
  let isHeld = true
  const store = {
    ...sealedKeys,
    async list() {
      const records = await sealedKeys.list()
      if (isHeld) await held.promise
      return records
    },
  }
  const { ring, read } = createCurrentKeys(store, sealing, clock.now)
  const late = read()
  await sealedKeys.insert(keyOf('second', 2))
  isHeld = false
  await read()
  t.deepEqual(ring.cookieKeys(), ['the key second', 'the key first'])
  held.resolve()
  await late
  t.deepEqual(ring.cookieKeys(), ['the key second', 'the key first'])
})
