import assert from 'node:assert/strict'
import { sha256 } from '../../util/sha256.ts'
import { ARTIFACT_KINDS, type ArtifactData, type ArtifactKind } from '../artifact-store.ts'
import { assertRecord, concurrently, ruin } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const KINDS = Object.keys(ARTIFACT_KINDS) as ReadonlyArray<ArtifactKind>
const KEY = sha256('artifact')
const LATER = NOW + 600

/** JSON that is easily damaged on its way into a database and back. */
const awkwardData = (): ArtifactData => ({
  '': '',
  'a.b': '$1 :name ?',
  '🔑 "quoted"': 'Zoë 名前 👩🏽‍💻 \u2028 \t\r\n \u0001 "\'`\\ \\u0000 <script>',
  numbers: [0, -1, 0.1, 1e21, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER, NOW],
  literals: [true, false, null],
  texts: ['null', '123', '{"a":1}', '[]', ' '],
  empty: { list: [], object: {}, nested: [[], [{}]] },
  nested: { a: { b: { c: [{ d: ['e'] }] } } },
})

/** Artifacts of every kind. */
export const artifactCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'artifacts.findTimed() finds what find() finds, of every kind, and says when',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) {
        assert.equal(await artifacts.findTimed(kind, KEY, NOW), undefined)
        await artifacts.save(kind, KEY, awkwardData(), LATER)
        const first = await artifacts.findTimed(kind, KEY, NOW)
        const second = await artifacts.findTimed(kind, KEY, LATER - 1)
        assertRecord(first?.data, awkwardData())
        assert.ok(Number.isSafeInteger(first?.foundAtMilliseconds))
        assert.ok(Number(second?.foundAtMilliseconds) >= Number(first?.foundAtMilliseconds))
        assert.equal(await artifacts.findTimed(kind, KEY, LATER), undefined)
      }
    },
  },
  {
    name: 'artifacts.findAll() finds what find() finds, of every kind, in the order of the names',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      const missing = { kind: 'Session', key: 'missing' } as const
      const names = KINDS.flatMap((kind) => [missing, { kind, key: KEY }]).slice(-10)
      const none = names.map(() => undefined)
      assert.deepEqual([...(await artifacts.findAll(names, NOW))], none)
      for (const kind of KINDS) await artifacts.save(kind, KEY, { kind, ...awkwardData() }, LATER)
      const found = await artifacts.findAll(names, LATER - 1)
      assert.equal(found.length, names.length)
      for (const [index, { kind, key }] of names.entries()) {
        if (key === KEY) assertRecord(found[index], { kind, ...awkwardData() })
        else assert.equal(found[index], undefined)
      }
      assert.deepEqual([...(await artifacts.findAll(names, LATER))], none)
    },
  },
  {
    name: 'artifacts.findAll() tells kinds and keys apart, and finds a name twice that is given twice',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      await artifacts.save('Session', 'first', { of: 'first' }, LATER)
      await artifacts.save('Denial', 'second', { of: 'second' }, LATER)
      for (const key of AWKWARD_KEYS) {
        const [other, first, again, wrongKind] = await artifacts.findAll(
          [
            { kind: 'Session', key },
            { kind: 'Session', key: 'first' },
            { kind: 'Session', key: 'first' },
            { kind: 'Session', key: 'second' },
          ],
          NOW,
        )
        assertRecord(first, { of: 'first' })
        assertRecord(again, { of: 'first' })
        assert.equal(other, undefined)
        assert.equal(wrongKind, undefined)
        ruin(first)
      }
    },
  },
  {
    name: 'artifacts.find() returns what save() was given, of every kind',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) {
        await artifacts.save(kind, KEY, awkwardData(), LATER)
        assertRecord(await artifacts.find(kind, KEY, NOW), awkwardData())
      }
    },
  },
  {
    name: 'artifacts.find() returns content that is empty or has more than 10 kB',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      const large = { text: '"é👩'.repeat(2500), list: [...Array(1000).keys()] }
      await artifacts.save('Session', 'empty', {}, LATER)
      await artifacts.save('Session', 'large', large, LATER)
      assertRecord(await artifacts.find('Session', 'empty', NOW), {})
      assertRecord(await artifacts.find('Session', 'large', NOW), large)
    },
  },
  {
    name: 'artifacts.find() returns undefined for an artifact that does not exist',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) {
        for (const key of AWKWARD_KEYS) {
          assert.equal(await artifacts.find(kind, key, NOW), undefined)
        }
      }
    },
  },
  {
    name: 'artifacts.find() returns an artifact until the second before expiresAt',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) await artifacts.save(kind, KEY, { kind }, LATER)
      for (const kind of KINDS) {
        assertRecord(await artifacts.find(kind, KEY, LATER - 1), { kind })
      }
      for (const kind of KINDS) assert.equal(await artifacts.find(kind, KEY, LATER), undefined)
    },
  },
  {
    name: 'artifacts.find() returns undefined for an artifact that had expired when it was saved',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      await artifacts.save('Session', KEY, {}, NOW)
      assert.equal(await artifacts.find('Session', KEY, NOW), undefined)
      assert.equal(await artifacts.find('Session', KEY, NOW + 1), undefined)
    },
  },
  {
    name: 'artifacts.save() replaces content and expiry, and keeps nothing of the one before',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const key of ['earlier', 'later']) {
        await artifacts.save('Session', key, { first: 1, both: { first: 1 } }, LATER)
      }
      await artifacts.save('Session', 'earlier', {}, LATER - 60)
      await artifacts.save('Session', 'later', { both: { second: 2 } }, LATER + 60)
      assertRecord(await artifacts.find('Session', 'earlier', LATER - 61), {})
      assert.equal(await artifacts.find('Session', 'earlier', LATER - 60), undefined)
      assertRecord(await artifacts.find('Session', 'later', LATER + 59), { both: { second: 2 } })
    },
  },
  {
    name: 'artifacts.save() by 50 concurrent callers leaves the artifact of one of them',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      const dataOf = (caller: number): ArtifactData => ({ caller, again: { caller } })
      await concurrently((caller) => artifacts.save('Session', KEY, dataOf(caller), LATER))
      const found = await artifacts.find('Session', KEY, NOW)
      assertRecord(found, dataOf(Number(found?.['caller'])))
    },
  },
  {
    name: 'artifacts.saveLatest() saves what find() returns, of every kind, and what expires as late or later replaces it',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) {
        await artifacts.saveLatest(kind, KEY, { first: 1, both: 1 }, LATER)
        assertRecord(await artifacts.find(kind, KEY, LATER - 1), { first: 1, both: 1 })
        await artifacts.saveLatest(kind, KEY, { both: 2 }, LATER)
        assertRecord(await artifacts.find(kind, KEY, LATER - 1), { both: 2 })
        await artifacts.saveLatest(kind, KEY, awkwardData(), LATER + 60)
        assertRecord(await artifacts.find(kind, KEY, LATER + 59), awkwardData())
        assert.equal(await artifacts.find(kind, KEY, LATER + 60), undefined)
      }
    },
  },
  {
    name: 'artifacts.saveLatest() that arrives late changes nothing, of every kind',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) {
        await artifacts.save(kind, KEY, { saved: 'later' }, LATER)
        await artifacts.saveLatest(kind, KEY, { saved: 'earlier' }, LATER - 1)
        assertRecord(await artifacts.find(kind, KEY, LATER - 1), { saved: 'later' })
      }
    },
  },
  {
    name: 'artifacts.saveLatest() by 50 concurrent callers leaves the artifact that expires last',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      await concurrently((caller) => {
        const place = (caller * 7) % 50
        return artifacts.saveLatest('Session', KEY, { place }, LATER + place)
      })
      assertRecord(await artifacts.find('Session', KEY, LATER + 48), { place: 49 })
      assert.equal(await artifacts.find('Session', KEY, LATER + 49), undefined)
    },
  },
  {
    name: 'artifacts.insert() inserts what find() returns, of every kind, and false changes nothing',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const kind of KINDS) {
        assert.equal(await artifacts.insert(kind, KEY, awkwardData(), LATER, NOW), true)
        assert.equal(await artifacts.insert(kind, KEY, { other: 1 }, LATER + 60, LATER - 1), false)
        assertRecord(await artifacts.find(kind, KEY, LATER - 1), awkwardData())
        assert.equal(await artifacts.find(kind, KEY, LATER), undefined)
      }
    },
  },
  {
    name: 'artifacts.insert() replaces what has expired, not what was saved since',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      await artifacts.save('Redemption', KEY, { first: 1, both: 1 }, LATER)
      assert.equal(await artifacts.insert('Redemption', KEY, { both: 2 }, LATER + 60, NOW), false)
      assert.equal(await artifacts.insert('Redemption', KEY, { both: 2 }, LATER + 60, LATER), true)
      assertRecord(await artifacts.find('Redemption', KEY, LATER + 59), { both: 2 })
      assert.equal(await artifacts.insert('Redemption', KEY, {}, LATER + 90, LATER + 59), false)
      await artifacts.save('Redemption', KEY, { third: 3 }, LATER)
      assert.equal(await artifacts.insert('Redemption', KEY, {}, LATER + 90, NOW), false)
      assertRecord(await artifacts.find('Redemption', KEY, NOW), { third: 3 })
    },
  },
  {
    name: 'artifacts.insert() by 50 concurrent callers is true for the one whose artifact it is, with none before and with an expired one',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const [key, now] of [
        [KEY, NOW],
        ['expired', LATER],
      ] as const) {
        await artifacts.save('Redemption', 'expired', { caller: -1 }, LATER)
        const won = await concurrently((caller) =>
          artifacts.insert('Redemption', key, { caller }, LATER + 60, now),
        )
        const winners = [...won.keys()].filter((caller) => won[caller])
        assert.equal(winners.length, 1)
        assertRecord(await artifacts.find('Redemption', key, now), { caller: winners[0] })
      }
    },
  },
  {
    name: 'artifacts of one kind are not those of another, whatever the key',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      await artifacts.save('Session', KEY, { kind: 'Session' }, LATER)
      assert.equal(await artifacts.find('AuthorizationCode', KEY, NOW), undefined)
      assert.equal(await artifacts.find('PendingRequest', KEY, NOW), undefined)
      await artifacts.save('PendingRequest', KEY, { kind: 'PendingRequest' }, LATER)
      assertRecord(await artifacts.find('Session', KEY, NOW), { kind: 'Session' })
      assertRecord(await artifacts.find('PendingRequest', KEY, NOW), { kind: 'PendingRequest' })
    },
  },
  {
    name: 'artifacts are told apart by every character of their keys',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      for (const key of AWKWARD_KEYS) await artifacts.save('Session', key, { key }, LATER)
      for (const key of AWKWARD_KEYS) {
        assertRecord(await artifacts.find('Session', key, NOW), { key })
      }
    },
  },
  {
    name: 'artifacts are copies: changing one that was saved or found changes nothing',
    async run(openStorage) {
      const { artifacts } = await openStorage()
      const saved = awkwardData()
      await artifacts.save('Session', KEY, saved, LATER)
      ruin(saved)
      ruin(await artifacts.find('Session', KEY, NOW))
      assertRecord(await artifacts.find('Session', KEY, NOW), awkwardData())
    },
  },
]
