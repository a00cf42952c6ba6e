import assert from 'node:assert/strict'
import type {
  Revocation,
  RevocationKind,
  RevocationPage,
  RevocationStore,
} from '../revocation-store.ts'
import { CALLERS, concurrently } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const LATER = NOW + 900
const CURSOR = /^[\w.-]{1,256}$/

/** Revocations of every kind, with ids of every sort. */
const REVOCATIONS: ReadonlyArray<Revocation> = AWKWARD_KEYS.flatMap((id, index) => {
  const kinds: ReadonlyArray<RevocationKind> = ['access-token', 'family', 'consent', 'signing-key']
  return kinds.map((kind) => ({ kind, id, expiresAt: LATER + index }))
})

const textOf = ({ kind, id, expiresAt }: Revocation): string => `${kind} ${id} ${expiresAt}`

async function addAll(store: RevocationStore, items: ReadonlyArray<Revocation>): Promise<void> {
  for (const revocation of items) await store.add(revocation)
}

/** What one run of pages tells, and where it ends. */
async function readRun(
  store: RevocationStore,
  cursor: string | undefined,
  limit: number,
): Promise<{ readonly told: ReadonlyArray<string>; readonly cursor: string }> {
  const told: Array<string> = []
  let page: RevocationPage | undefined
  do {
    const from: string | undefined = page?.nextCursor ?? cursor
    page = await store.list({ limit, ...(from === undefined ? {} : { cursor: from }) }, NOW)
    assert.match(page.nextCursor, CURSOR)
    assert.ok(page.items.length <= limit, 'a page must not have more than "limit" items')
    told.push(...page.items.map(textOf))
  } while (page.hasMore)
  return { told, cursor: page.nextCursor }
}

/** What was revoked, followed as it grows. */
export const revocationFeedCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'revocations.list() of an empty storage is an empty page to go on from',
    async run(openStorage) {
      const { revocations } = await openStorage()
      const page = await revocations.list({ limit: 1 }, NOW)
      assert.deepEqual(page.items, [])
      assert.equal(page.hasMore, false)
      await revocations.add({ kind: 'client', id: 'client-1', expiresAt: LATER })
      const { told } = await readRun(revocations, page.nextCursor, 1)
      assert.deepEqual(told, [`client client-1 ${LATER}`])
    },
  },
  ...[1, 7, 1000].map((limit) => ({
    name: `revocations.list() tells everything, page by page of ${limit}`,
    async run(openStorage: Parameters<StorageContractCase['run']>[0]) {
      const { revocations } = await openStorage()
      await addAll(revocations, REVOCATIONS)
      const { told } = await readRun(revocations, undefined, limit)
      assert.deepEqual([...told].sort(), REVOCATIONS.map(textOf).sort())
    },
  })),
  {
    name: 'revocations.list() goes on where a run ended, with what was added since',
    async run(openStorage) {
      const { revocations } = await openStorage()
      const seen = new Set<string>()
      let cursor: string | undefined
      for (const [index, revocation] of REVOCATIONS.slice(0, 20).entries()) {
        await revocations.add(revocation)
        if (index % 3 === 1) continue
        const run = await readRun(revocations, cursor, 2)
        cursor = run.cursor
        for (const text of run.told) seen.add(text)
        const due = REVOCATIONS.slice(0, index + 1).map(textOf)
        assert.deepEqual([...seen].sort(), due.sort())
      }
    },
  },
  {
    name: 'revocations.list() tells again of what is added again, with the later expiresAt',
    async run(openStorage) {
      const { revocations } = await openStorage()
      const revocation: Revocation = { kind: 'family', id: 'family-1', expiresAt: LATER }
      await revocations.add(revocation)
      const { cursor } = await readRun(revocations, undefined, 10)
      await revocations.add({ ...revocation, expiresAt: LATER + 9 })
      const { told } = await readRun(revocations, cursor, 10)
      assert.ok(told.includes(`family family-1 ${LATER + 9}`))
    },
  },
  {
    name: 'revocations.list() does not tell of what has expired',
    async run(openStorage) {
      const { revocations } = await openStorage()
      await revocations.add({ kind: 'client', id: 'expired', expiresAt: NOW })
      await revocations.add({ kind: 'client', id: 'live', expiresAt: NOW + 1 })
      const { told } = await readRun(revocations, undefined, 10)
      assert.deepEqual(told, [`client live ${NOW + 1}`])
    },
  },
  {
    name: 'revocations.list() begins anew at a cursor that no page ever had',
    async run(openStorage) {
      const { revocations } = await openStorage()
      await addAll(revocations, REVOCATIONS.slice(0, 3))
      const { cursor } = await readRun(revocations, undefined, 10)
      const future = cursor.replaceAll(/\d/g, '9')
      const foreign = ['', '0', 'x', '-', '%', "'", 'a'.repeat(257), 'm1.9', 'p9.9', `${cursor}x`]
      const places = ['r9', 'p9', 'r999999999999999', 'p999999999999999', 'p999.999.client.1']
      for (const awkward of [...foreign, ...places, future]) {
        const { told } = await readRun(revocations, awkward, 10)
        assert.equal(told.length, 3, `"${awkward}" must begin anew`)
      }
    },
  },
  {
    name: 'revocations.list() misses none of 50 concurrent callers, nor any of what is added meanwhile',
    async run(openStorage) {
      const { revocations } = await openStorage()
      const seen = new Set<string>()
      let cursor: string | undefined
      let isOver = false
      const follow = async (): Promise<void> => {
        const run = await readRun(revocations, cursor, 3)
        cursor = run.cursor
        for (const text of run.told) seen.add(text)
      }
      const following = (async () => {
        while (!isOver) await follow()
      })()
      const added = await concurrently(async (caller) => {
        const own = Array.from({ length: 4 }, (_, index) => `${caller}-${index}`)
        for (const id of own) await revocations.add({ kind: 'family', id, expiresAt: LATER })
        return own.map((id) => `family ${id} ${LATER}`)
      })
      isOver = true
      await following
      await follow()
      assert.equal(added.flat().length, CALLERS * 4)
      assert.deepEqual([...seen].sort(), added.flat().sort())
    },
  },
]
