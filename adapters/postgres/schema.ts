/**
 * The tables. Instants are whole seconds since the Unix epoch. JSON is kept as text: what is in it may
 * come from the wire, and `jsonb` refuses the NUL characters that text may contain when escaped. Scopes
 * are the host's, and contain none.
 *
 * @module
 */

import type { ColumnType, Generated, Kysely, RawBuilder } from 'kysely'
import type { ScopeGrants } from '../../lib/storage/consent-store.ts'

/** `bigint`: given as a number, returned by the driver as text. */
type Instant = ColumnType<string | number, number, number>

/** `jsonb`: given as text, returned by the driver parsed. */
type GrantsByScope = ColumnType<Readonly<Record<string, ScopeGrants>>, string, string>

interface ClientsTable {
  readonly client_id: string
  readonly created_at: Instant
  readonly version: number
  readonly audience: string
  readonly tenant_id: string | null
  readonly client_type: string
  /** The name, normalized for searches. */
  readonly searchable_name: string
  /** JSON of the `ClientRecord`. */
  readonly record: string
}

interface ConsentsTable {
  readonly user_id: string
  readonly client_id: string
  readonly consent_id: string
  readonly tenant_id: string
  readonly scope_grants: GrantsByScope
  readonly created_at: Instant
  readonly granted_at: Instant
  readonly last_used_at: Instant | null
}

interface GrantingUsersTable {
  readonly user_id: string
  /** Names the last cancellation of the user's grants; empty when there was none. */
  readonly cancellation: string
  readonly expires_at: Instant
}

interface GrantingRequestsTable {
  readonly user_id: string
  readonly client_id: string
  readonly request_key: string
  /** Whether what it granted was withdrawn. */
  readonly is_withdrawn: boolean
  readonly expires_at: Instant
}

interface TokenFamiliesTable {
  readonly family_id: string
  readonly consent_id: string
  readonly client_id: string
  readonly user_id: string
  readonly tenant_id: string
  readonly scopes: Array<string>
  readonly resources: Array<string>
  readonly created_at: Instant
  /** Hash of the current refresh token. */
  readonly token_hash: string | null
  readonly token_issued_at: Instant | null
  readonly token_expires_at: Instant | null
  /** JSON of the `RefreshReplay`. */
  readonly replay: string | null
  readonly access_tokens_expire_at: Instant
  readonly is_revoked: boolean
  /** When the family expires; if it was revoked, until when its id stays taken. */
  readonly expires_at: Instant
}

interface ArtifactsTable {
  readonly kind: string
  readonly key: string
  /** JSON of the data. */
  readonly data: string
  readonly expires_at: Instant
}

interface RevocationsTable {
  readonly kind: string
  readonly id: string
  readonly expires_at: Instant
  /** When it was last added, in milliseconds by the clock of the database. */
  readonly recorded_at: ColumnType<string | number, RawBuilder<string>, RawBuilder<string>>
}

interface EncryptedKeysTable {
  readonly purpose: string
  readonly generation: number
  readonly key_id: string
  readonly encrypted: string
  readonly created_at: Instant
  readonly activates_at: Instant
  readonly revoked_at: Instant | null
  readonly changes: string | null
  readonly version: number
}

interface PendingEventsTable {
  readonly id: Generated<string>
  /** JSON of the text: `text` refuses NUL. */
  readonly event: string
}

/** The tables of the authorization server, by their names within their schema. */
export interface OAuthDatabase {
  readonly clients: ClientsTable
  readonly consents: ConsentsTable
  readonly granting_users: GrantingUsersTable
  readonly granting_requests: GrantingRequestsTable
  readonly token_families: TokenFamiliesTable
  readonly artifacts: ArtifactsTable
  readonly revocations: RevocationsTable
  readonly encrypted_keys: EncryptedKeysTable
  readonly pending_events: PendingEventsTable
}

/** Dependencies of the stores. */
export type Database = Kysely<OAuthDatabase>
