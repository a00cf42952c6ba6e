/**
 * The records of oidc-provider that are stored: what is checked of them when they are found. oidc-provider
 * adds more.
 *
 * @module
 */

import type { AdapterPayload } from 'oidc-provider'
import { type ArtifactReader, createArtifactReader } from '../storage/artifact-reader.ts'
import * as shape from '../storage/result-shape.ts'
import { isObject } from '../util/is-object.ts'
import { HINTED_USER_PARAMETER } from './authorization-request.ts'
import { resultShape } from './request-result.ts'

/** A browser session. */
export interface SessionRecord {
  /** `null` when it has ended. */
  readonly uid: string | null
  readonly exp: number | null
  /** `null` when nobody is signed in. */
  readonly accountId: string | null
  readonly loginTs: number | null
  /** When it was saved last; seconds since the Unix epoch. `null` when it has ended. */
  readonly savedAt: number | null
}

/** Finds browser sessions. */
export const sessionRecords: ArtifactReader<SessionRecord> = createArtifactReader<SessionRecord>(
  'Session',
  {
    uid: shape.orNull(shape.nonEmptyString),
    exp: shape.orNull(shape.number),
    accountId: shape.orNull(shape.nonEmptyString),
    loginTs: shape.orNull(shape.number),
    savedAt: shape.orNull(shape.number),
  },
)

/** What is left of a session that has ended. */
export const ENDED_SESSION: Readonly<Record<keyof SessionRecord, null>> = {
  uid: null,
  exp: null,
  accountId: null,
  loginTs: null,
  savedAt: null,
}

/** Finds pending requests. */
export const pendingRequestRecords: ArtifactReader<StoredPendingRequest> =
  createArtifactReader<StoredPendingRequest>('PendingRequest', {
    iat: shape.number,
    exp: shape.number,
    prompt: shape.object,
    params: shape.record<StoredPendingRequest['params']>({
      client_id: shape.nonEmptyString,
      redirect_uri: shape.nonEmptyString,
      response_type: shape.nonEmptyString,
      scope: shape.nonEmptyString,
      code_challenge: shape.nonEmptyString,
      code_challenge_method: shape.nonEmptyString,
      prompt: shape.orNull(shape.nonEmptyString),
      state: shape.orNull(shape.nonEmptyString),
      login_hint: shape.orNull(shape.nonEmptyString),
      ui_locales: shape.orNull(shape.nonEmptyString),
      nonce: shape.orNull(shape.nonEmptyString),
      max_age: shape.orNull(shape.nonEmptyString),
      [HINTED_USER_PARAMETER]: shape.orNull(shape.nonEmptyString),
      resource: shape.orNull(shape.present),
    }),
    result: shape.orNull(resultShape),
  })

/** A pending request. */
export interface StoredPendingRequest {
  readonly iat: number
  readonly exp: number
  readonly prompt: object
  readonly params: Readonly<Record<RequiredParameter, string>> &
    Readonly<Record<OptionalParameter, unknown>>
  readonly result: object | null
}

type RequiredParameter =
  | 'client_id'
  | 'redirect_uri'
  | 'response_type'
  | 'scope'
  | 'code_challenge'
  | 'code_challenge_method'

/** A parameter that a request may omit. */
export type OptionalParameter =
  | 'prompt'
  | 'state'
  | 'login_hint'
  | 'ui_locales'
  | 'resource'
  | 'nonce'
  | 'max_age'
  | typeof HINTED_USER_PARAMETER

/** The parameters that a request may omit. */
export const NO_PARAMETERS: Readonly<Record<OptionalParameter, null>> = {
  prompt: null,
  state: null,
  login_hint: null,
  ui_locales: null,
  resource: null,
  nonce: null,
  max_age: null,
  [HINTED_USER_PARAMETER]: null,
}

/** Without the members that have no value, in objects among them, too. */
export function withoutNulls(record: object): AdapterPayload {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, isObject(value) ? withoutNulls(value) : value]),
  )
}
