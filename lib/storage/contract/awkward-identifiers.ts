/**
 * Identifiers that are easily confused with one another, or with something else.
 *
 * @module
 */

import { sha256 } from '../../util/sha256.ts'

/** Keys, client ids and `jti`s: all within the alphabet, none equal to another. */
export const AWKWARD_KEYS: ReadonlyArray<string> = [
  sha256('key'),
  '-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-',
  'client',
  'Client',
  'client_',
  'client-',
  'client--1',
  'a',
  'a'.repeat(127),
  'a'.repeat(128),
  '0',
  '00',
  '-1',
  '1e3',
  '_',
  '-',
  '--',
  'null',
  'undefined',
  'true',
  'constructor',
  'toString',
  '__proto__',
]

/** User ids as hosts have them: any text, none equal to another. */
export const AWKWARD_USER_IDS: ReadonlyArray<string> = [
  'user',
  'User',
  'user ',
  ' user',
  'user:1',
  'user:1:client-1',
  'user*',
  '*',
  'us?r',
  '[user]',
  '{user}',
  '{user',
  'user%',
  'u_er',
  "user'",
  "' OR '1'='1",
  'user"',
  '"user"',
  '["user","client-1"]',
  'user`',
  'user\\',
  'user\\\\',
  'user\n',
  'user\r\n',
  'user\t',
  'user/../user',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'zoë@example.com',
  'zoe\u0308@example.com',
  'ZOË@EXAMPLE.COM',
  '利用者',
  '👩🏽‍💻',
  '\u202euser',
  'x'.repeat(199),
  'x'.repeat(200),
  '👩'.repeat(100),
  '7',
  '007',
  'null',
  'undefined',
  'constructor',
  '__proto__',
]

/**
 * Pairs of a user and a client that are different connections, although many ways to make one text
 * out of two confuse them.
 */
export const LOOKALIKE_CONNECTIONS: ReadonlyArray<{
  readonly userId: string
  readonly clientId: string
}> = [
  { userId: 'a', clientId: 'b' },
  { userId: 'b', clientId: 'a' },
  { userId: 'a-b', clientId: 'c' },
  { userId: 'a', clientId: 'b-c' },
  { userId: 'a_b', clientId: 'c' },
  { userId: 'a', clientId: 'b_c' },
  { userId: 'ab', clientId: 'c' },
  { userId: 'a', clientId: 'bc' },
  { userId: 'a:b', clientId: 'c' },
  { userId: 'a:b:c', clientId: 'c' },
  { userId: 'a', clientId: 'c' },
  { userId: 'A', clientId: 'c' },
  { userId: 'a', clientId: 'C' },
]
