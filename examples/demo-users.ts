/**
 * The users who can sign in. A real host asks its user database instead.
 *
 * @module
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Credentials, User } from '@teamcast/oauth-server'

const derive = promisify<string, Buffer, number, Buffer>(scrypt)

export const DEMO_PASSWORD = 'correct horse battery staple'

export const DEMO_USERS: ReadonlyArray<User> = [
  { userId: 'user-ada', tenantId: 'acme', name: 'Ada Lovelace', email: 'ada@acme.test' },
  { userId: 'user-alan', tenantId: 'acme', name: 'Alan Turing', email: 'alan@acme.test' },
  { userId: 'user-grace', tenantId: 'globex', name: 'Grace Hopper', email: 'grace@globex.test' },
]

const salt = randomBytes(16)
const passwordHash = await derive(DEMO_PASSWORD, salt, 32)

export async function findUser(userId: string): Promise<User | undefined> {
  return DEMO_USERS.find((user) => user.userId === userId)
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
