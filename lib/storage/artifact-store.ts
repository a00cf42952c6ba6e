import * as shape from './result-shape.ts'

/**
 * Every kind of artifact, once: layering, the limits of the memory storage and the contract suite iterate over it.
 * One that is droppable may be lost: it makes nothing valid again, and costs a user a step at most.
 */
export const ARTIFACT_KINDS = {
  AuthorizationCode: { lifetime: 'durable', isDroppable: false },
  PendingRequest: { lifetime: 'ephemeral', isDroppable: true },
  /** A browser session, or that it has ended, so that a request in progress does not save it again. */
  Session: { lifetime: 'ephemeral', isDroppable: true },
  /** Sessions of a user from before this instant are no longer valid. Without it, they would be again. */
  NotBefore: { lifetime: 'ephemeral', isDroppable: false },
  /** The user denied a pending request. Without it, its codes would be valid again. */
  Denial: { lifetime: 'ephemeral', isDroppable: false },
  /** The family that the code of a pending request is redeemed for. Without it, another code could be redeemed. */
  Redemption: { lifetime: 'ephemeral', isDroppable: false },
  /** What the client was sent for a pending request. Without it, another user could finish the request, too. */
  SentResponse: { lifetime: 'ephemeral', isDroppable: false },
  /** What a form of the SuperAdmin pages gave, or that it is finished. Without it, the form would do it again. */
  Submission: { lifetime: 'ephemeral', isDroppable: false },
} as const

/** What an artifact is. */
export type ArtifactKind = keyof typeof ARTIFACT_KINDS

/** An artifact's content: plain JSON. */
export type ArtifactData = Readonly<Record<string, unknown>>

/** What an artifact is found by. */
export interface ArtifactName {
  readonly kind: ArtifactKind
  readonly key: string
}

/** An artifact that was found, and when. */
export interface FoundArtifact {
  readonly data: ArtifactData
  /**
   * When it was found: milliseconds since the Unix epoch by the clock of the storage's token families.
   * Only for the deadline of {@link TokenFamilyStore.create}.
   */
  readonly foundAtMilliseconds: number
}

/** Ephemeral records, found by the hash of the identifier that a browser or client holds. */
export interface ArtifactStore {
  /** Inserts or replaces. */
  save(kind: ArtifactKind, key: string, data: ArtifactData, expiresAt: number): Promise<void>

  /**
   * Inserts, or replaces an artifact that does not expire later, in one atomic step: otherwise nothing is changed.
   * So of two calls that reach the store in the wrong order, the later one counts.
   */
  saveLatest(kind: ArtifactKind, key: string, data: ArtifactData, expiresAt: number): Promise<void>

  /**
   * Inserts, in one atomic step.
   *
   * @returns `false` when an artifact with this key exists that has not expired; nothing is changed then.
   */
  insert(
    kind: ArtifactKind,
    key: string,
    data: ArtifactData,
    expiresAt: number,
    now: number,
  ): Promise<boolean>

  /** Finds an artifact that has not expired. */
  find(kind: ArtifactKind, key: string, now: number): Promise<ArtifactData | undefined>

  /**
   * Finds several artifacts as `find` finds each, in one round trip if the backend can. They need not be of one
   * moment.
   *
   * @param names 1 to 10.
   *
   * @returns One for each name, in that order.
   */
  findAll(
    names: ReadonlyArray<ArtifactName>,
    now: number,
  ): Promise<ReadonlyArray<ArtifactData | undefined>>

  /** Like `find`, and returns the store's time, for the deadline of {@link TokenFamilyStore.create}. */
  findTimed(kind: ArtifactKind, key: string, now: number): Promise<FoundArtifact | undefined>
}

/** What the methods may resolve to. */
export const ARTIFACT_RESULTS: shape.ResultShapes<ArtifactStore> = {
  save: shape.ANYTHING,
  saveLatest: shape.ANYTHING,
  insert: shape.BOOLEAN,
  find: shape.orUndefined('an object', shape.object),
  findAll: {
    words: 'an array with an object, or undefined, for each name',
    shape: shape.arrayOf((found) =>
      found === undefined || found === null ? undefined : shape.object(found),
    ),
    isRequested: (found: ReadonlyArray<unknown>, names: ReadonlyArray<ArtifactName>) =>
      found.length === names.length,
  },
  findTimed: shape.orUndefined(
    'a FoundArtifact',
    shape.record<FoundArtifact>({ data: shape.object, foundAtMilliseconds: shape.number }),
  ),
}
