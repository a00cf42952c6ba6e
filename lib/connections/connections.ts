/**
 * Connections of users to clients: a consent and the tokens under it.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { isClientId } from '../clients/find-client-record.ts'
import { DELETION_BATCH_SIZE, deleteConsents } from '../revocation/delete-consents.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Client } from '../storage/client.ts'
import type { Consent, ConsentStore } from '../storage/consent-store.ts'
import type { NotBefore } from '../users/not-before.ts'
import type { FindUser } from '../users/user.ts'
import { runTogether } from '../util/run-together.ts'
import { type Connection, connectionOf } from './connection.ts'

/**
 * The connections of users to clients. Ending one deletes the consent and revokes every token under it,
 * including codes that were not redeemed. An API that only verifies access tokens accepts them until they
 * expire.
 */
export interface Connections {
  /**
   * Lists the connections of a user, newest first. Ends connections to deleted clients, those made in an
   * earlier tenant of the user, and those whose every scope the user has denied.
   */
  list(userId: string): Promise<ReadonlyArray<Connection>>

  /**
   * Ends the connection of a user to a client. The client must ask for consent again.
   *
   * @param by Who ends it, for the audit event.
   *
   * @returns `false` when there was none.
   */
  revoke(userId: string, clientId: string, by?: Actor): Promise<boolean>

  /**
   * Ends all sessions of a user with this server, every sign-in in progress, and then all connections. For a
   * changed password or a disabled account. With `hostSession`, end the host's sessions first.
   *
   * @returns The number of ended connections.
   */
  revokeAllOfUser(userId: string, by?: Actor): Promise<number>

  /**
   * Ends all sessions, sign-ins in progress and connections of every user with a connection made in a tenant. First
   * make `findUser` return `undefined` for the tenant's users, so that they cannot connect again.
   *
   * Does not revoke `client_credentials` tokens of the tenant's own `TENANT` clients. Delete these clients
   * ({@link ClientRegistry.delete}) to revoke them.
   *
   * @returns The number of ended connections.
   */
  revokeAllOfTenant(tenantId: string, by?: Actor): Promise<number>
}

/** Ends a connection at the request of the user. @returns `false` when there was none. */
export type Disconnect = (userId: string, clientId: string, ip: string) => Promise<boolean>

/** Ends a connection made in an earlier tenant of the user. */
export type EndFormerConnection = (connection: FormerConnection, by?: Actor) => Promise<void>

/** The consent of such a connection. */
export type FormerConnection = Pick<Consent, 'consentId' | 'userId' | 'clientId' | 'tenantId'>

/** Dependencies of connections. */
export interface ConnectionsDependencies {
  readonly consents: ConsentStore
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly findUser: FindUser
  readonly catalogue: ScopeCatalogue
  readonly signOut: NotBefore['signOut']
  readonly revoker: Pick<Revoker, 'revokeConsent'>
  readonly audit: AuditLog
  readonly now: () => number
}

/** Creates the connections. */
export function createConnections(dependencies: ConnectionsDependencies): Connections {
  return Object.freeze<Connections>({
    list: (userId) => listConnections(dependencies, userId),

    revoke: (userId, clientId, by) =>
      endConnection(dependencies, userId, clientId, 'revoked-by-host', by),

    async revokeAllOfUser(userId, by) {
      await endSignIns(dependencies, userId)
      const count = await endConnections(dependencies, () => dependencies.consents.list(userId), by)
      recordRevocation(dependencies, { userId }, by)
      return count
    },

    async revokeAllOfTenant(tenantId, by) {
      const signedOut = new Set<string>()
      const listBatch = async (): Promise<ReadonlyArray<Consent>> => {
        const batch = await dependencies.consents.listBatch({ tenantId }, DELETION_BATCH_SIZE)
        const userIds = new Set(batch.map(({ userId }) => userId))
        await runTogether(userIds, (userId) => endSignIns(dependencies, userId))
        for (const userId of userIds) signedOut.add(userId)
        return batch
      }
      const count = await endConnections(dependencies, listBatch, by)
      for (const userId of signedOut) recordRevocation(dependencies, { userId, tenantId }, by)
      return count
    },
  })
}

/** Creates {@link Disconnect}. */
export function createDisconnect(dependencies: ConnectionsDependencies): Disconnect {
  return (userId, clientId, ip) =>
    endConnection(dependencies, userId, clientId, 'disconnected-by-user', { ip })
}

/** Creates {@link EndFormerConnection}. */
export function createEndFormerConnection(
  dependencies: Pick<ConnectionsDependencies, 'revoker' | 'audit'>,
): EndFormerConnection {
  return async (connection, by) => {
    await endConsent(dependencies, connection, 'tenant-changed', by)
  }
}

/** Revokes a consent and records that its connection ended. @returns `false` when it was already deleted. */
export async function endConsent(
  dependencies: Pick<ConnectionsDependencies, 'revoker' | 'audit'>,
  consent: FormerConnection,
  reason: Reason,
  by?: Actor,
): Promise<boolean> {
  const isDeleted = await dependencies.revoker.revokeConsent(consent)
  if (isDeleted) recordEnd(dependencies, consent, reason, by)
  return isDeleted
}

type Reason =
  | 'disconnected-by-user'
  | 'denied-by-user'
  | 'revoked-by-host'
  | 'client-deleted'
  | 'tenant-changed'

async function listConnections(
  dependencies: ConnectionsDependencies,
  userId: string,
): Promise<ReadonlyArray<Connection>> {
  const { consents, findClient, findUser, catalogue } = dependencies
  const endFormerConnection = createEndFormerConnection(dependencies)
  const [listed, user] = await Promise.all([consents.list(userId), findUser(userId)])
  const found = await Promise.all(
    listed.map(async (consent) => {
      const { clientId } = consent
      if (user !== undefined && consent.tenantId !== user.tenantId) {
        await endFormerConnection(consent)
        return undefined
      }
      if (consent.scopes.length === 0) {
        // The denial that left it without scopes has failed to delete it.
        await endConsent(dependencies, consent, 'denied-by-user')
        return undefined
      }
      const client = await findClient(clientId)
      if (client !== undefined) return connectionOf(consent, client, catalogue)
      // Deleting the client has revoked its tokens already.
      const isDeleted = await consents.delete(userId, clientId, consent.consentId)
      if (isDeleted) recordEnd(dependencies, consent, 'client-deleted')
      return undefined
    }),
  )
  return found
    .filter((connection) => connection !== undefined)
    .sort((left, right) => right.connectedAt - left.connectedAt)
}

/** Ends the sessions and sign-ins of a user, and every Allow under way. What was allowed before is found afterwards. */
async function endSignIns(
  { signOut, consents, now }: ConnectionsDependencies,
  userId: string,
): Promise<void> {
  await signOut(userId)
  await consents.cancelGrants(userId, now())
}

async function endConnection(
  dependencies: ConnectionsDependencies,
  userId: string,
  clientId: string,
  reason: Reason,
  by?: Actor,
): Promise<boolean> {
  if (!isClientId(clientId)) return false
  // Before it is looked for: an Allow under way must not bring it back.
  await dependencies.consents.cancelGrants(userId, dependencies.now())
  const consent = await dependencies.consents.find(userId, clientId)
  return consent !== undefined && (await endConsent(dependencies, consent, reason, by))
}

async function endConnections(
  dependencies: ConnectionsDependencies,
  listBatch: () => Promise<ReadonlyArray<Consent>>,
  by: Actor | undefined,
): Promise<number> {
  const { revoker } = dependencies
  let count = 0
  await deleteConsents(listBatch, revoker.revokeConsent, (consent) => {
    count += 1
    recordEnd(dependencies, consent, 'revoked-by-host', by)
  })
  return count
}

function recordEnd(
  { audit }: Pick<ConnectionsDependencies, 'audit'>,
  { clientId, userId, tenantId }: FormerConnection,
  reason: Reason,
  { actorId, ip }: Actor = {},
): void {
  const subject = { clientId, userId, tenantId }
  audit.record({ type: 'connection.revoked', ...subject, reason, actorId }, ip)
}

function recordRevocation(
  { audit }: ConnectionsDependencies,
  subject: { readonly userId: string; readonly tenantId?: string },
  { actorId, ip }: Actor = {},
): void {
  audit.record({ type: 'user.access-revoked', ...subject, actorId }, ip)
}
