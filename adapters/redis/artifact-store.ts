import type { ArtifactData, ArtifactKind, ArtifactStore } from '../../lib/storage/artifact-store.ts'
import type { Connection } from './connection.ts'
import { assertIdentifier, isIdentifier } from './keys.ts'
import { parseJson, removalOf } from './records.ts'
import { createScript, MILLISECONDS, runScript } from './script.ts'

const FIND_TIMED = createScript(`${MILLISECONDS}
local artifact = redis.call('GET', KEYS[1])
if not artifact then return false end
return { artifact, string.format('%.0f', milliseconds()) }`)

// Saves unless there is an artifact that expires after ARGV[3]. Not `cjson.decode`: it refuses some JSON.
const SAVE_UNLESS_LATER = createScript(`
local found = redis.call('GET', KEYS[1])
if found and tonumber(string.match(found, '^{"expiresAt":(%d+)')) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2])
return 1`)

interface StoredArtifact {
  readonly expiresAt: number
  readonly data: ArtifactData
}

/** Creates the store of authorization codes, pending requests and sessions. */
export function createArtifactStore({ client, keys }: Connection): ArtifactStore {
  async function saveUnlessLater(
    kind: ArtifactKind,
    key: string,
    artifact: StoredArtifact,
    instant: number,
  ): Promise<boolean> {
    assertIdentifier(isIdentifier(key))
    const parameters = [JSON.stringify(artifact), removalOf(artifact.expiresAt), instant]
    const keyNames = [keys.artifact(kind, key)]
    return Number(await runScript(client, SAVE_UNLESS_LATER, keyNames, parameters)) === 1
  }

  /** Reads keys: of several slots each by itself, and at once. */
  async function readAll(names: ReadonlyArray<string>): Promise<ReadonlyArray<string | null>> {
    return client.isCluster
      ? await Promise.all(names.map((name) => client.get(name)))
      : await client.mget(...names)
  }

  return {
    async save(kind, key, data, expiresAt) {
      assertIdentifier(isIdentifier(key))
      const artifact: StoredArtifact = { expiresAt, data }
      const json = JSON.stringify(artifact)
      await client.set(keys.artifact(kind, key), json, 'EXAT', removalOf(expiresAt))
    },

    async saveLatest(kind, key, data, expiresAt) {
      await saveUnlessLater(kind, key, { expiresAt, data }, expiresAt)
    },

    async insert(kind, key, data, expiresAt, now) {
      return await saveUnlessLater(kind, key, { expiresAt, data }, now)
    },

    async find(kind, key, now) {
      if (!isIdentifier(key)) return undefined
      const json = await client.get(keys.artifact(kind, key))
      return json === null ? undefined : dataAt(json, now)
    },

    async findAll(names, now) {
      const found = await readAll(names.map(({ kind, key }) => keys.artifact(kind, key)))
      return found.map((json, index) =>
        json === null || !isIdentifier(names[index]?.key ?? '') ? undefined : dataAt(json, now),
      )
    },

    async findTimed(kind, key, now) {
      if (!isIdentifier(key)) return undefined
      const found = await runScript(client, FIND_TIMED, [keys.artifact(kind, key)], [])
      if (found === null) return undefined
      const [json, foundAt] = found as [string, string]
      const data = dataAt(json, now)
      return data && { data, foundAtMilliseconds: Number(foundAt) }
    },
  }
}

function dataAt(json: string, now: number): ArtifactData | undefined {
  const { expiresAt, data } = parseJson<StoredArtifact>(json)
  return expiresAt > now ? data : undefined
}
