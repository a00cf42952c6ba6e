import { type Kysely, sql } from 'kysely'

/** Empties every table of the authorization server. */
export async function emptyDatabase<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql`truncate oauth.clients, oauth.consents, oauth.token_families, oauth.artifacts,
    oauth.revocations, oauth.sealed_keys`.execute(db)
}
