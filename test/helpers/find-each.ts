import type { ArtifactStore } from '@teamcast/oauth-server/storage'

/** A store of artifacts whose `findAll` is its `find`, once for each name: for stores of which a test replaces `find`. */
export function findEach(artifacts: ArtifactStore): ArtifactStore {
  return {
    ...artifacts,
    findAll: (names, now) =>
      Promise.all(names.map(({ kind, key }) => artifacts.find(kind, key, now))),
  }
}
