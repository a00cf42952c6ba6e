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

// Core §5.1.2. No claim of a protocol has such a name, so none can be overridden.
const NAMESPACED = /[:/]/

const CLAIMS: Expectation<Readonly<Record<string, unknown>>> = {
  words: 'an object of JSON values, with namespaced names such as "https://teamcast.ai/role"',
  schema: z.record(z.string().regex(NAMESPACED), z.json().optional()),
}

/** Wraps `additionalClaims` in a check of its result. Without the option, there are none. */
export function checkAdditionalClaims(given: AdditionalClaims | undefined): FindAdditionalClaims {
  if (given === undefined) return async () => ({})
  return (user, { client, ...request }) =>
    callHost('openIdConnect.additionalClaims', CLAIMS, () =>
      given(user, { ...request, client: withoutHashes(client) }),
    )
}
