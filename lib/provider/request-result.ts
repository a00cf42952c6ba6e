/**
 * The result of a pending request, which oidc-provider keeps with its interaction: what the user has done.
 *
 * @module
 */

import type { Completion, Progress, SignIn } from '../interaction/pending-request.ts'
import type { Denial } from '../interaction/request-endings.ts'
import * as shape from '../storage/result-shape.ts'

/** The members of a result. */
export interface StoredResult {
  readonly progress?: Progress
  readonly completion?: Completion
  // What oidc-provider reads: these prompts are done.
  readonly login?: { readonly accountId: string; readonly ts: number }
  readonly select_account?: Record<string, unknown>
  readonly consent?: Record<string, unknown>
}

type Shapes<Value> = Readonly<Record<keyof Value, shape.Shape>>

const signInShapes: Shapes<SignIn> = {
  userId: shape.nonEmptyString,
  at: shape.number,
  sessionId: shape.orNull(shape.nonEmptyString),
}
const consentShape = shape.record<NonNullable<Progress['consent']>>({
  userId: shape.nonEmptyString,
  scopes: shape.arrayOf(shape.nonEmptyString),
})
const progressShapes: Shapes<Progress> = {
  signedIn: shape.orNull(shape.record<SignIn>(signInShapes)),
  chosenUserId: shape.orNull(shape.nonEmptyString),
  mustConfirmAccount: shape.orNull(shape.boolean),
  sessionDismissedAt: shape.orNull(shape.number),
  consent: shape.orNull(consentShape),
}
const resultShapes: Shapes<StoredResult> = {
  progress: shape.record<Progress>(progressShapes),
  completion: shape.orNull(
    shape.record<Completion>({ userId: shape.nonEmptyString, hasSignedIn: shape.boolean }),
  ),
  login: shape.orNull(
    shape.record<NonNullable<StoredResult['login']>>({
      accountId: shape.nonEmptyString,
      ts: shape.number,
    }),
  ),
  select_account: shape.orNull(shape.object),
  consent: shape.orNull(consentShape),
}

/** The shape of a result as it is stored. */
export const resultShape: shape.Shape = shape.record<StoredResult>(resultShapes)

/** Converts a result for the store: members that are absent become `null`. */
export function toStoredResult(result: object): object {
  const { progress = {} } = result as StoredResult
  const { signedIn } = progress
  return withNulls(resultShapes, {
    ...result,
    progress: withNulls(progressShapes, {
      ...progress,
      signedIn: signedIn && withNulls(signInShapes, signedIn),
    }),
  })
}

/** The members that have a shape. */
function withNulls(shapes: object, record: object): object {
  return Object.fromEntries(
    Object.keys(shapes).map((name) => [name, Reflect.get(record, name) ?? null]),
  )
}

/** A denial in the form that oidc-provider expects. Not stored with the interaction. */
export interface DeniedResult {
  readonly error: string
  readonly error_description: string
  readonly deniedBy: string | undefined
}

/** The result of a request that was denied: nothing that came before counts. */
export function toDeniedResult({ reason, userId }: Denial): DeniedResult {
  return { error: 'access_denied', error_description: reason, deniedBy: userId ?? undefined }
}

/** The completion of an interaction: oidc-provider signs its user in. */
export function completionOf({ result }: { readonly result?: unknown }): Completion | undefined {
  return ((result ?? {}) as StoredResult).completion
}
