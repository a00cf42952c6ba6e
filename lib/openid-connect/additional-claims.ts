/**
 * The host's own claims about a user.
 *
 * @module
 */

import { z } from 'zod'
import { withoutHashes } from '../clients/client-secret.ts'
import type { Client, ClientRecord } from '../storage/client.ts'
import type { User } from '../users/user.ts'
import { callHost, type Expectation } from '../util/host-function.ts'
import { isObject } from '../util/is-object.ts'

/** What the host's own claims are for. */
export interface ClaimsRequest {
  /** The client that gets them. */
  readonly client: Client
  /** The scopes of the access token. */
  readonly scopes: ReadonlyArray<string>
  /** Where the claims go. */
  readonly destination: 'id-token' | 'userinfo'
}

/** Returns the host's own claims about a user, by name. */
export type AdditionalClaims = (
  user: User,
  request: ClaimsRequest,
) => Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>

/** The same for a stored client: the host gets it without the hashes of its secrets. */
export type FindAdditionalClaims = (
  user: User,
  request: Omit<ClaimsRequest, 'client'> & { readonly client: ClientRecord },
) => Promise<Readonly<Record<string, unknown>>>

const NAME = 'openIdConnect.additionalClaims'

// Core §5.1.2. No claim of a protocol has such a name, so none can be overridden.
const NAMESPACED = /[:/]/

const CLAIMS: Expectation<Readonly<Record<string, unknown>>> = {
  words: 'an object of JSON values, with namespaced names such as "https://teamcast.ai/role"',
  // z.record() skips a member that is named `__proto__`.
  schema: z
    .custom<object>((claims) => isObject(claims) && !Object.hasOwn(claims, '__proto__'))
    .pipe(z.record(z.string().regex(NAMESPACED), z.json().optional())),
}

/** Wraps `additionalClaims` in a check of its result. Without the option, there are none. */
export function checkAdditionalClaims(given: AdditionalClaims | undefined): FindAdditionalClaims {
  if (given === undefined) return async () => ({})
  return async (user, { client, scopes, destination }) => {
    const request = { client: withoutHashes(client), scopes: [...scopes], destination }
    return copyOf(await callHost(NAME, CLAIMS, () => given(user, request)))
  }
}

/** A copy, which surely is JSON: the response is written when it is too late for an error. */
function copyOf(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(claims))
  } catch (cause) {
    throw new TypeError(`${NAME} must return ${CLAIMS.words}; JSON has no such value`, { cause })
  }
}
