/**
 * The rows of consents.
 *
 * @module
 */

import { type RawBuilder, type Selectable, sql } from 'kysely'
import { type Consent, firstGrantedAt } from '../../lib/storage/consent-store.ts'
import type { OAuthDatabase } from './schema.ts'

type ConsentRow = Selectable<OAuthDatabase['consents']>

/** The columns of a consent. */
export const CONSENT_COLUMNS = [
  'user_id',
  'client_id',
  'consent_id',
  'tenant_id',
  'scope_grants',
  'created_at',
  'granted_at',
  'last_used_at',
] as const

/** Whether a left join found a consent: it has all columns, or none. */
export function isConsent(
  row: {
    readonly [Column in keyof ConsentRow]: ConsentRow[Column] | null
  },
): row is ConsentRow {
  return row.consent_id !== null
}

/** Creates the consent of a row. */
export function consentFrom(row: ConsentRow): Consent {
  return {
    consentId: row.consent_id,
    userId: row.user_id,
    clientId: row.client_id,
    tenantId: row.tenant_id,
    scopes: Object.entries(row.scope_grants)
      .map(([scope, grants]) => ({ scope, grantedAt: firstGrantedAt(grants) }))
      .sort((left, right) => left.grantedAt - right.grantedAt),
    createdAt: Number(row.created_at),
    grantedAt: Number(row.granted_at),
    lastUsedAt: row.last_used_at === null ? undefined : Number(row.last_used_at),
  }
}

/** When a row expires that is inserted once more. Not earlier than before: a clock that is behind makes nothing forget. */
export function laterExpiryIn(table: 'granting_users' | 'granting_requests'): RawBuilder<number> {
  return sql`greatest(${sql.id(table, 'expires_at')}, excluded.expires_at)`
}
