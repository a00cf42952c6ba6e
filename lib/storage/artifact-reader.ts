/**
 * Finding artifacts. A store that lost a member must not pass for a record that never had it, so members
 * without a value are saved as `null`.
 *
 * @module
 */

import type { ArtifactKind, ArtifactStore, FoundArtifact } from './artifact-store.ts'
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
  return {
    async find(artifacts, key, now) {
      const result = await artifacts.find(kind, key, now)
      return shape.checkStoreResult('storage.artifacts.find', found, [], result) as Data | undefined
    },

    async findTimed(artifacts, key, now) {
      const result = await artifacts.findTimed(kind, key, now)
      return shape.checkStoreResult('storage.artifacts.findTimed', foundTimed, [], result) as
        | FoundRecord<Data>
        | undefined
    },
  }
}
