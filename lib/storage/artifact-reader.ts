/**
 * Finding artifacts. A store that lost a member must not pass for a record that never had it, so members
 * without a value are saved as `null`.
 *
 * @module
 */

import type { ArtifactKind, ArtifactName, ArtifactStore, FoundArtifact } from './artifact-store.ts'
import * as shape from './result-shape.ts'

/** An artifact with its record, and when it was found. */
interface FoundRecord<Data extends object> extends Omit<FoundArtifact, 'data'> {
  readonly data: Data
}

/** Finds artifacts of one kind that have not expired. Throws a `TypeError` when the record is not as saved. */
export interface ArtifactReader<Data extends object> {
  find(artifacts: Pick<ArtifactStore, 'find'>, key: string, now: number): Promise<Data | undefined>
  /** Like `find`, and returns the store's time. */
  findTimed(
    artifacts: Pick<ArtifactStore, 'findTimed'>,
    key: string,
    now: number,
  ): Promise<FoundRecord<Data> | undefined>
  /** Names an artifact for {@link findTogether}. */
  named(key: string): NamedArtifact<Data>
}

/** An artifact to be found together with others. */
export interface NamedArtifact<Data extends object> {
  readonly name: ArtifactName
  /** Checks what was found. */
  readonly check: (found: unknown) => Data | undefined
}

/** What {@link findTogether} finds, member by member. */
type FoundTogether<Wanted> = {
  readonly [Member in keyof Wanted]: Wanted[Member] extends NamedArtifact<infer Data> | undefined
    ? Data | undefined
    : never
}

/** Finds artifacts of several kinds in one call. A member that names none is `undefined`. */
export async function findTogether<
  Wanted extends Readonly<Record<string, NamedArtifact<object> | undefined>>,
>(
  artifacts: Pick<ArtifactStore, 'findAll'>,
  wanted: Wanted,
  now: number,
): Promise<FoundTogether<Wanted>> {
  const members = Object.entries(wanted).flatMap(([member, named]) =>
    named === undefined ? [] : [{ member, named }],
  )
  const found = await artifacts.findAll(
    members.map(({ named }) => named.name),
    now,
  )
  const checked = members.map(({ member, named }, index) => [member, named.check(found[index])])
  return Object.fromEntries(checked)
}

/** Creates the reader of one kind of artifact. */
export function createArtifactReader<Data extends object>(
  kind: ArtifactKind,
  members: Readonly<Record<keyof Data, shape.Shape>>,
): ArtifactReader<Data> {
  const words = `the ${kind} that was saved`
  const data = shape.record<Data>(members)
  const found = shape.orUndefined(words, data)
  const foundTimed = shape.orUndefined(
    words,
    shape.record<FoundArtifact>({ data, foundAtMilliseconds: shape.number }),
  )
  const check = (method: string, result: unknown): Data | undefined =>
    shape.checkStoreResult(`storage.artifacts.${method}`, found, [], result) as Data | undefined
  return {
    async find(artifacts, key, now) {
      return check('find', await artifacts.find(kind, key, now))
    },

    named: (key) => ({ name: { kind, key }, check: (result) => check('findAll', result) }),

    async findTimed(artifacts, key, now) {
      const result = await artifacts.findTimed(kind, key, now)
      return shape.checkStoreResult('storage.artifacts.findTimed', foundTimed, [], result) as
        | FoundRecord<Data>
        | undefined
    },
  }
}
