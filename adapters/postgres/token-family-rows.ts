/**
 * The rows of token families.
 *
 * @module
 */

import type { Insertable, Selectable } from 'kysely'
import type { RefreshReplay, TokenFamily } from '../../lib/storage/token-family-store.ts'
import type { OAuthDatabase } from './schema.ts'

type FamiliesTable = OAuthDatabase['token_families']

/** The columns of a family that is not revoked. */
export const FAMILY_COLUMNS = [
  'family_id',
  'consent_id',
  'client_id',
  'user_id',
  'tenant_id',
  'scopes',
  'resources',
  'created_at',
  'token_hash',
  'token_issued_at',
  'token_expires_at',
  'replay',
  'access_tokens_expire_at',
  'expires_at',
] as const

/** A family as it is inserted. */
export type FamilyRow = Omit<Insertable<FamiliesTable>, 'is_revoked'>

/** Converts a family to its row. */
export function rowOf(family: TokenFamily): FamilyRow {
  return {
    family_id: family.familyId,
    consent_id: family.consentId,
    client_id: family.clientId,
    user_id: family.userId,
    tenant_id: family.tenantId,
    scopes: [...family.scopes],
    resources: [...family.resources],
    created_at: family.createdAt,
    ...tokenColumns(family.refreshToken),
    replay: replayText(family.replay),
    access_tokens_expire_at: family.accessTokensExpireAt,
    expires_at: family.expiresAt,
  }
}

/** The columns of the current refresh token. */
export interface TokenColumns {
  readonly token_hash: string | null
  readonly token_issued_at: number | null
  readonly token_expires_at: number | null
}

/** Converts a refresh token to its columns. */
export function tokenColumns(token: TokenFamily['refreshToken']): TokenColumns {
  return {
    token_hash: token?.hash ?? null,
    token_issued_at: token?.issuedAt ?? null,
    token_expires_at: token?.expiresAt ?? null,
  }
}

/** Converts a replay to its column. */
export function replayText(replay: RefreshReplay | undefined): string | null {
  return replay === undefined ? null : JSON.stringify(replay)
}

/** Reads the column of a replay. */
export function parseReplay(text: string | null): RefreshReplay | undefined {
  return text === null ? undefined : JSON.parse(text)
}

/** Reads the row of a family. */
export function familyFrom(row: Omit<Selectable<FamiliesTable>, 'is_revoked'>): TokenFamily {
  const { token_hash: hash, token_issued_at: issuedAt, token_expires_at: expiresAt } = row
  const replay = parseReplay(row.replay)
  return {
    familyId: row.family_id,
    consentId: row.consent_id,
    clientId: row.client_id,
    userId: row.user_id,
    tenantId: row.tenant_id,
    scopes: row.scopes,
    resources: row.resources,
    createdAt: Number(row.created_at),
    ...(hash === null
      ? {}
      : { refreshToken: { hash, issuedAt: Number(issuedAt), expiresAt: Number(expiresAt) } }),
    ...(replay === undefined ? {} : { replay }),
    accessTokensExpireAt: Number(row.access_tokens_expire_at),
    expiresAt: Number(row.expires_at),
  }
}
