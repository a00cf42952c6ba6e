/**
 * One token family, driven through the server's own grants, without HTTP and without signing.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { ClientRecord } from '@teamcast/oauth-server/storage'
import { createConsentId } from '../../lib/consent/consent.ts'
import { introspect } from '../../lib/endpoints/introspect.ts'
import { revoke } from '../../lib/endpoints/revoke.ts'
import { authorizationCodeGrant } from '../../lib/grants/authorization-code.ts'
import type { GrantDependencies, GrantHandler } from '../../lib/grants/grant-handler.ts'
import { refreshTokenGrant } from '../../lib/grants/refresh-token.ts'
import { TokenRequestError } from '../../lib/grants/token-request-error.ts'
import { FormParameters } from '../../lib/http/form-parameters.ts'
import { createRequestEndings } from '../../lib/interaction/request-endings.ts'
import { createRevoker } from '../../lib/revocation/revoker.ts'
import type { AuthorizationCodeRecord } from '../../lib/tokens/authorization-code.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { ADA } from '../helpers/start-server.ts'

export const START = 1_800_000_000
export const CODE_TTL_SECONDS = 60
export const ACCESS_TOKEN_TTL_SECONDS = 60
const ISSUER = 'https://issuer.example'
const CODE_VERIFIER = 'v'.repeat(43)

/** What is varied from family to family. */
export interface FamilySettings {
  readonly clientType: 'CONFIDENTIAL' | 'PUBLIC'
  readonly refreshTokenTtlSeconds: number
  readonly refreshTokenGraceSeconds: number
}

/** How a token request ended: with a response body, or a reason. */
export type Outcome = { readonly body: string } | { readonly refusal: string }

/** A family, its clock, and everything that can happen to it. */
export interface FamilyUnderTest {
  /** Seconds since the Unix epoch. */
  now: number
  redeem(): Promise<Outcome>
  refresh(refreshToken: string, scope?: string): Promise<Outcome>
  /** Whether there was something to revoke. */
  revoke(refreshToken: string): Promise<boolean>
  deleteConsent(): Promise<void>
  isActive(refreshToken: string): Promise<boolean>
}

/**
 * Begins with a code that was not redeemed yet.
 *
 * @param pause Awaited before and after every step in the store, and when the user is looked up.
 */
export async function createFamilyUnderTest(
  { clientType, refreshTokenTtlSeconds, refreshTokenGraceSeconds }: FamilySettings,
  pause: (step: string) => Promise<void>,
): Promise<FamilyUnderTest> {
  const memory = createMemoryStorage()
  const storage: Storage = {
    ...memory,
    families: pausing(memory.families, pause),
    clients: {
      ...memory.clients,
      async has(clientId) {
        await pause('clients.has')
        return await memory.clients.has(clientId)
      },
    },
  }
  const clock = { now: START }
  const client: ClientRecord = {
    ...CLIENT,
    clientType,
    refreshTokenTtlSeconds,
    tokenEndpointAuthMethod: clientType === 'PUBLIC' ? 'none' : 'client_secret_basic',
  }
  const code = randomBytes(32).toString('base64url')
  const { clientId, scopes } = client
  const { userId, tenantId } = ADA
  const consentId = createConsentId()
  const record: AuthorizationCodeRecord = {
    clientId,
    userId,
    tenantId,
    consentId,
    scopes,
    resources: [ISSUER],
    redirectUri: 'https://app.example/callback',
    codeChallenge: createHash('sha256').update(CODE_VERIFIER).digest('base64url'),
    nonce: null,
    authTime: START,
    pendingRequestKey: null,
  }
  await memory.clients.insert(client)
  await memory.consents.grant({
    consentId,
    userId,
    clientId,
    tenantId,
    scopes,
    requestKey: 'request-1',
    grantedAt: START,
    deadlineMilliseconds: Number.MAX_SAFE_INTEGER,
    cancellation: '',
  })
  const codeExpiresAt = START + CODE_TTL_SECONDS
  await memory.artifacts.save('AuthorizationCode', sha256(code), { ...record }, codeExpiresAt)

  const dependencies: GrantDependencies = {
    storage,
    revoker: createRevoker(storage, () => clock.now),
    endings: createRequestEndings(storage, () => clock.now),
    accessTokens: {
      // Unsigned: how tokens are signed has tests of its own.
      issue: async (subject) => ({
        token: randomBytes(8).toString('hex'),
        claims: {
          iss: ISSUER,
          sub: userId,
          aud: ISSUER,
          client_id: clientId,
          scope: subject.scopes.join(' '),
          iat: clock.now,
          exp: clock.now + subject.ttlSeconds,
          jti: 'x',
        },
      }),
      verify: async () => undefined,
    },
    openIdConnect: undefined,
    idTokens: { issue: async () => 'unused' },
    async findUser() {
      await pause('findUser')
      return ADA
    },
    async authorizeClient() {
      await pause('authorizeClient')
      return true
    },
    endFormerConnection: async () => undefined,
    resources: [{ audience: ISSUER, scopes }],
    refreshTokenGraceSeconds,
    storageTimeoutMilliseconds: 60_000,
    now: () => clock.now,
  }
  const attempt = async (
    grant: GrantHandler,
    parameters: Readonly<Record<string, string>>,
  ): Promise<Outcome> => {
    const request = { client, parameters: new FormParameters(parameters), ip: '192.0.2.1' }
    try {
      return { body: (await grant.handle(dependencies, request)).body }
    } catch (error) {
      if (error instanceof TokenRequestError) return { refusal: error.reason }
      throw error
    }
  }
  const status = { ...dependencies, issuer: ISSUER }
  return {
    get now() {
      return clock.now
    },
    set now(instant) {
      clock.now = instant
    },
    redeem: () => attempt(authorizationCodeGrant, { code, code_verifier: CODE_VERIFIER }),
    refresh: (refreshToken, scope) =>
      attempt(refreshTokenGrant, {
        refresh_token: refreshToken,
        ...(scope === undefined ? {} : { scope }),
      }),
    revoke: async (refreshToken) =>
      (await revoke(status, client, refreshToken)).outcome === 'revoked',
    async deleteConsent() {
      await memory.consents.delete(userId, clientId)
    },
    async isActive(refreshToken) {
      const outcome = await introspect({ ...status, storage: memory }, client, refreshToken)
      return outcome.response.active
    },
  }
}

const CLIENT: ClientRecord = {
  clientId: 'client-1',
  name: 'Client',
  audience: 'PLATFORM',
  tenantId: undefined,
  clientType: 'CONFIDENTIAL',
  scopes: ['interview:read', 'candidate:read'],
  redirectUris: ['https://app.example/callback'],
  allowedGrantTypes: ['authorization_code', 'refresh_token'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  requirePkce: true,
  resourceServerAudiences: [],
  accessTokenTtlSeconds: ACCESS_TOKEN_TTL_SECONDS,
  refreshTokenTtlSeconds: 300,
  clientUri: undefined,
  logoUrl: undefined,
  tosUri: undefined,
  policyUri: undefined,
  createdAt: START,
  updatedAt: START,
  version: 1,
  secrets: [],
}

function pausing(
  families: Storage['families'],
  pause: (step: string) => Promise<void>,
): Storage['families'] {
  return new Proxy(families, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...given: Array<unknown>) => {
        await pause(`before ${String(name)}`)
        const result: unknown = await Reflect.apply(member, target, given)
        await pause(`after ${String(name)}`)
        return result
      }
    },
  })
}
