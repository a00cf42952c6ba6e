/**
 * The users who can sign in. A real host asks its user database instead.
 *
 * @module
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Credentials, FindUser, User } from '@teamcast/oauth-server'
import { pictureUrl } from './pictures.ts'

const derive = promisify<string, Buffer, number, Buffer>(scrypt)

export const DEMO_PASSWORD = 'correct horse battery staple'

export const DEMO_USERS: ReadonlyArray<User> = [
  {
    userId: 'user-ada',
    tenantId: 'acme',
    name: 'Ada Lovelace',
    email: 'ada@acme.test',
    emailVerified: true,
    locale: 'en-GB',
    zoneinfo: 'Europe/London',
  },
  {
    userId: 'user-alan',
    tenantId: 'acme',
    name: 'Alan Turing',
    email: 'alan@acme.test',
    emailVerified: true,
  },
  // Of her, the host knows neither a picture nor whether the email address is hers.
  { userId: 'user-grace', tenantId: 'globex', name: 'Grace Hopper', email: 'grace@globex.test' },
]

const salt = randomBytes(16)
const passwordHash = await derive(DEMO_PASSWORD, salt, 32)

/** Creates `findUser`. The pictures are at the host, whose address only it knows. */
export function createFindUser(issuer: string): FindUser {
  return async (userId) => {
    const user = DEMO_USERS.find((known) => known.userId === userId)
    return user && { ...user, picture: pictureUrl(issuer, userId) }
  }
}

export async function authenticateUser({
  username,
  password,
}: Credentials): Promise<User | undefined> {
  const user = DEMO_USERS.find(({ email }) => email === username.toLowerCase())
  // Also hashes for unknown users, so that the response time does not reveal who exists.
  const isRight = timingSafeEqual(await derive(password, salt, 32), passwordHash)
  return isRight ? user : undefined
}
