import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { ENDED_SESSION_TTL_SECONDS } from '../../lib/lifetimes.ts'
import { createNotBefore } from '../../lib/users/not-before.ts'
import { sha256 } from '../../lib/util/sha256.ts'

test('not-before: ends the sessions of that user that began in the next second or before, and no others', async (t) => {
  const { signOut, wasSignedOutSince } = createNotBefore(
    createMemoryStorage().artifacts,
    () => 1000,
  )
  t.false(await wasSignedOutSince('ada', 0))
  await signOut('ada')
  t.true(await wasSignedOutSince('ada', 999))
  t.true(await wasSignedOutSince('ada', 1001))
  t.false(await wasSignedOutSince('ada', 1002))
  t.false(await wasSignedOutSince('Ada', 0))
})

test('not-before: each is kept under a hash for as long as a session from before it could live, saved ten minutes later', async (t) => {
  const { artifacts } = createMemoryStorage()
  await createNotBefore(artifacts, () => 1000).signOut('ada\n"½"')
  const key = sha256('ada\n"½"')
  const end = 1000 + ENDED_SESSION_TTL_SECONDS
  t.deepEqual(await artifacts.find('NotBefore', key, end - 1), { at: 1000 })
  t.is(await artifacts.find('NotBefore', key, end), undefined)
})
