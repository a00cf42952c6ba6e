/**
 * Compares the verification of an access token with jose's bare `jwtVerify`, given the same checks and
 * keys, in one process. `npm run bench:verify`.
 *
 * Both are measured alternately, in seconds of processor time, which other processes on the machine
 * disturb less than seconds of the clock. The last column is the median of the ratios of neighbours.
 *
 * @module
 */

import {
  createAccessTokenVerifier,
  type RevocationChecker,
} from '@teamcast/oauth-server/resource-server'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createGivenKeys } from '../../lib/keys/key-ring.ts'
import { RevokedEntries } from '../../lib/resource-server/revocation/revoked-entries.ts'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { createAccessTokens } from '../../lib/tokens/access-token.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'
const REPETITIONS = 21
const VERIFICATIONS = 3_000
const CONCURRENCY = 16
const REVOKED = 100_000

type Verify = (jwt: string) => Promise<unknown>

const clock = (): number => Math.floor(Date.now() / 1000)
const keys = createGivenKeys([testSigningKey()], [])
const { token } = await createAccessTokens({ issuer: ISSUER, keys, now: clock }).issue({
  clientId: 'client-1',
  userId: 'user-1',
  tenantId: 'tenant-1',
  familyId: 'consent-id-of-22-chars-family-1',
  scopes: ['interview:read', 'candidate:read'],
  audience: ISSUER,
  ttlSeconds: 900,
})
const jwks = createLocalJWKSet(keys.publishedKeys())

const bare: Verify = (jwt) =>
  jwtVerify(jwt, jwks, {
    issuer: ISSUER,
    audience: ISSUER,
    algorithms: ['RS256'],
    typ: 'at+jwt',
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  })

function verifierWith(revocations?: RevocationChecker): Verify {
  return createAccessTokenVerifier({
    ...{ issuer: ISSUER, audience: ISSUER, jwks },
    ...(revocations === undefined ? {} : { revocations }),
  }).verify
}

function revokedEntries(): RevocationChecker {
  const entries = new RevokedEntries(REVOKED)
  entries.add(
    Array.from({ length: REVOKED }, (_, index) => ({
      type: 'access_token',
      id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      expires_at: clock() + 900,
    })),
    clock(),
  )
  return { isRevoked: (verified) => entries.includes(verified) }
}

/** Verifications per second of processor time, of all threads. */
async function measure(verify: Verify): Promise<number> {
  const begin = process.cpuUsage()
  const work = async (): Promise<void> => {
    for (let index = 0; index < VERIFICATIONS / CONCURRENCY; index += 1) await verify(token)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  const { user, system } = process.cpuUsage(begin)
  return (VERIFICATIONS * 1_000_000) / (user + system)
}

function median(values: ReadonlyArray<number>): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function compare(name: string, verify: Verify): Promise<void> {
  await measure(bare)
  await measure(verify)
  const pairs: Array<readonly [number, number]> = []
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    // In turns, so that neither always comes first.
    const isBareFirst = repetition % 2 === 0
    const first = await measure(isBareFirst ? bare : verify)
    const second = await measure(isBareFirst ? verify : bare)
    pairs.push(isBareFirst ? [first, second] : [second, first])
  }
  const cells = [
    name,
    median(pairs.map(([base]) => base)).toFixed(0),
    median(pairs.map(([, ours]) => ours)).toFixed(0),
    `**${median(pairs.map(([base, ours]) => ours / base)).toFixed(2)}**`,
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

process.stdout.write('| verification | `jwtVerify`, /s | ours, /s | ratio |\n|---|--:|--:|--:|\n')
await compare('signature and claims', verifierWith())
await compare(`and ${REVOKED} revocations`, verifierWith(revokedEntries()))
