/**
 * What blocks of the documentation declare instead of defining it, because every host has its own.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import {
  type AuthorizationServer,
  createAuthorizationServer,
  type GeneralOptions,
  type Messages,
  type SignInOptions,
  type Storage,
  type User,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { Middleware } from 'koa'
import { ENGLISH } from '../../lib/pages/languages/english.ts'
import { testSigningKey } from '../../lib/testing/test-keys.ts'

const ADA: User = { userId: 'ada', tenantId: 'acme', name: 'Ada Lovelace', email: 'ada@acme.test' }
const SIGNING_KEY = testSigningKey()
const COOKIE_KEY = 'a cookie key of the documentation, not a secret'

const passOn: Middleware = (_, next) => next()
export const logging: Middleware = passOn
export const bodyParser: Middleware = passOn
export const cors: Middleware = passOn
export const routes: Middleware = passOn

export const storage: Storage = createMemoryStorage()
export const secrets = { privateKey: SIGNING_KEY, cookieKey: COOKIE_KEY }
export const users = {
  find: async (userId: string) => (userId === ADA.userId ? ADA : undefined),
  checkPassword: async (email: string) => (email === ADA.email ? ADA : undefined),
}
export const options: Omit<GeneralOptions, 'storage'> & SignInOptions = {
  issuer: 'http://localhost:3000',
  findUser: users.find,
  authenticateUser: ({ username }) => users.checkPassword(username),
}
export const server: AuthorizationServer = createAuthorizationServer({
  ...options,
  storage,
  signingKeys: [SIGNING_KEY],
  cookieKeys: [COOKIE_KEY],
})
const { client } = await server.clients.register({
  name: 'Acme Recruiter',
  clientType: 'CONFIDENTIAL',
  scopes: ['interview:read'],
  redirectUris: ['https://recruiter.acme.example/callback'],
})
export const { clientId } = client

export const french: Messages = ENGLISH

export const apiKeys = {
  find: async (_hash: string, tenantId: string) =>
    tenantId === ADA.tenantId ? { id: 'key-1', scopes: ['interview:read'] } : undefined,
}
const key = { key: SIGNING_KEY, format: 'jwk' } as const
export const kms = {
  publicKey: createPublicKey(key).export({ format: 'jwk' }),
  signRsaPkcs1Sha256: async (data: Uint8Array) => sign('sha256', data, createPrivateKey(key)),
}
export const openMyStorage = async (): Promise<Storage> => createMemoryStorage()
