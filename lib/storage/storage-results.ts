/**
 * What the methods of a storage may resolve to. A host may have written it: what is no result of the
 * contract must not pass for a token that is alive, or for a call that won.
 *
 * @module
 */

import { z } from 'zod'
import { checkResult, type Expectation } from '../util/host-function.ts'
import { isObject } from '../util/is-object.ts'
import type { Storage } from './storage.ts'

type StoreName = Exclude<keyof Storage, 'backends'>

const text = z.string().min(1)
const texts = z.array(z.string())
const instant = z.number()
const count = z.int()

const clientRecord = z.object({
  clientId: text,
  name: z.string(),
  audience: z.enum(['TENANT', 'PLATFORM']),
  tenantId: text.optional(),
  clientType: z.enum(['CONFIDENTIAL', 'PUBLIC']),
  scopes: texts,
  redirectUris: texts,
  allowedGrantTypes: texts,
  tokenEndpointAuthMethod: text,
  accessTokenTtlSeconds: count,
  refreshTokenTtlSeconds: count,
  clientUri: z.string().optional(),
  logoUrl: z.string().optional(),
  tosUri: z.string().optional(),
  policyUri: z.string().optional(),
  createdAt: instant,
  updatedAt: instant,
  version: count,
  secrets: z.array(
    z.object({
      secretId: text,
      hash: text,
      hint: z.string(),
      createdAt: instant,
      expiresAt: instant.optional(),
      lastUsedAt: instant.optional(),
    }),
  ),
})

const consent = z.object({
  consentId: text,
  userId: text,
  clientId: text,
  tenantId: text,
  scopes: z.array(z.object({ scope: z.string(), grantedAt: instant })),
  createdAt: instant,
  grantedAt: instant,
  lastUsedAt: instant.optional(),
})

const family = z.object({
  familyId: text,
  consentId: text,
  clientId: text,
  userId: text,
  tenantId: text,
  scopes: texts,
  resources: texts,
  createdAt: instant,
  refreshToken: z.object({ hash: text, issuedAt: instant, expiresAt: instant }).optional(),
  replay: z
    .object({ usedTokenHash: text, requestHash: text, encryptedResponse: text, until: instant })
    .optional(),
  expiresAt: instant,
  foundAtMilliseconds: z.number(),
})

const revocation = z.object({
  kind: z.enum(['access-token', 'family', 'consent', 'client', 'signing-key']),
  id: text,
  expiresAt: instant,
})

const sealedKey = z.object({
  keyId: text,
  purpose: z.enum(['signing', 'cookie']),
  generation: count,
  encrypted: text,
  createdAt: instant,
  activatesAt: instant,
  revokedAt: instant.optional(),
  version: count,
})

interface StorageResult extends Expectation<unknown> {
  /** Whether a result is about what was asked for. */
  readonly isAskedFor?: (result: never, ...parameters: Array<never>) => boolean
}

const ANYTHING: StorageResult = { words: 'anything', schema: z.unknown() }
const BOOLEAN: StorageResult = { words: 'true or false', schema: z.boolean() }
const listOf = (words: string, schema: z.ZodType): StorageResult => ({
  words: `an array of ${words}`,
  schema: z.array(schema),
})

const RESULTS: {
  readonly [Name in StoreName]: Readonly<Record<keyof Storage[Name], StorageResult>>
} = {
  clients: {
    insert: BOOLEAN,
    find: {
      words: 'a ClientRecord, or undefined',
      schema: clientRecord.nullish(),
      isAskedFor: (found: { clientId: string }, clientId: string) => found.clientId === clientId,
    },
    list: {
      words: 'a Page of ClientRecords',
      schema: z.object({ items: z.array(clientRecord), nextCursor: z.string().optional() }),
    },
    update: BOOLEAN,
    delete: BOOLEAN,
  },
  consents: {
    grant: ANYTHING,
    find: {
      words: 'a Consent, or undefined',
      schema: consent.nullish(),
      isAskedFor: (found: z.infer<typeof consent>, userId: string, clientId: string) =>
        found.userId === userId && found.clientId === clientId,
    },
    list: listOf('Consents', consent),
    listBatch: listOf('Consents', consent),
    removeScopes: BOOLEAN,
    delete: BOOLEAN,
  },
  families: {
    create: {
      words: '"created", "taken", "consent-gone" or "late"',
      schema: z.enum(['created', 'taken', 'consent-not-found', 'late']),
    },
    find: {
      words: 'a FoundTokenFamily, or undefined',
      schema: family.nullish(),
      isAskedFor: (found: z.infer<typeof family>, familyId: string) => found.familyId === familyId,
    },
    rotate: {
      words: 'a RotationOutcome',
      schema: z.discriminatedUnion('outcome', [
        z.object({ outcome: z.enum(['rotated', 'reused', 'not-found', 'late']) }),
        z.object({ outcome: z.literal('replayed'), encryptedResponse: text }),
      ]),
    },
    revoke: BOOLEAN,
  },
  artifacts: {
    save: ANYTHING,
    find: {
      words: 'an object, or undefined',
      schema: z.custom(isObject).nullish(),
    },
    findTimed: {
      words: 'a FoundArtifact, or undefined',
      schema: z.object({ data: z.custom(isObject), foundAtMilliseconds: instant }).nullish(),
    },
    delete: ANYTHING,
  },
  revocations: {
    add: ANYTHING,
    has: BOOLEAN,
    list: {
      words: 'a RevocationPage',
      schema: z.object({
        items: z.array(revocation),
        nextCursor: text,
        hasMore: z.boolean(),
      }),
    },
  },
  encryptedKeys: {
    insert: BOOLEAN,
    list: listOf('SealedKeys', sealedKey),
    update: BOOLEAN,
    delete: BOOLEAN,
  },
}

/**
 * Checks what a method of a store resolved to.
 *
 * @throws TypeError which names the method.
 */
export function checkStorageResult(
  store: string,
  method: string,
  parameters: ReadonlyArray<unknown>,
  result: unknown,
): unknown {
  const expectation = EXPECTATIONS.get(`${store}.${method}`)
  if (expectation === undefined) return result
  const name = `storage.${store}.${method}`
  const checked = checkResult(name, expectation, result)
  const { isAskedFor } = expectation
  const isRight =
    checked === undefined ||
    isAskedFor === undefined ||
    Reflect.apply(isAskedFor, undefined, [checked, ...parameters])
  if (isRight) return checked
  throw new TypeError(`${name} must return the record that it is asked for, character by character`)
}

const EXPECTATIONS: ReadonlyMap<string, StorageResult> = new Map(
  Object.entries(RESULTS).flatMap(([store, methods]) =>
    Object.entries(methods).map(([method, result]) => [`${store}.${method}`, result] as const),
  ),
)
