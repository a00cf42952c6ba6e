import { type Kysely, sql } from 'kysely'

/** Empties every table of the authorization server. */
export async function emptyDatabase<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql`truncate oauth_clients, oauth_consents, oauth_token_families, oauth_artifacts,
    oauth_revocations, oauth_sealed_keys`.execute(db)
}
