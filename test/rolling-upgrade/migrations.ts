/**
 * The migrations of a next version that renames a column: it expands the tables first, and contracts them when no
 * process of the version before is left.
 *
 * @module
 */

import { sql } from 'kysely'
import type { Migrations } from '../../adapters/postgres/apply-migrations.ts'
import { MIGRATIONS } from '../../adapters/postgres/migrate.ts'
import type { RenamedColumn } from '../helpers/renamed-column.ts'

/** The next version says `current_token_hash` where this one says `token_hash`. */
export const RENAMED: RenamedColumn = { from: 'token_hash', to: 'current_token_hash' }

/** Then processes of both versions can use the tables. */
export const EXPANDED: Migrations = {
  ...MIGRATIONS,
  '0002-expand': async (db) => {
    await sql`
      alter table oauth.token_families add column current_token_hash text collate "C";
      create function oauth.copy_token_hash() returns trigger language plpgsql as $$
        begin
          if tg_op = 'UPDATE' and new.token_hash is distinct from old.token_hash
            or tg_op = 'INSERT' and new.token_hash is not null then
            new.current_token_hash := new.token_hash;
          else
            new.token_hash := new.current_token_hash;
          end if;
          return new;
        end $$;
      create trigger copy_token_hash before insert or update on oauth.token_families
        for each row execute function oauth.copy_token_hash();
      update oauth.token_families set current_token_hash = token_hash`.execute(db)
  },
}

/** Then only those of the next one can. */
export const CONTRACTED: Migrations = {
  ...EXPANDED,
  '0003-contract': async (db) => {
    await sql`
      drop trigger copy_token_hash on oauth.token_families;
      drop function oauth.copy_token_hash();
      alter table oauth.token_families drop column token_hash`.execute(db)
  },
}
