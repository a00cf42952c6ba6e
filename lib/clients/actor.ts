/** Who changes something by the registry, for the audit event. */
export interface Actor {
  /** Names the administrator or the system, in the host's own terms. */
  readonly actorId?: string
  /** Address the request came from. */
  readonly ip?: string
}
