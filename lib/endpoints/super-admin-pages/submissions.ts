/**
 * Submitted forms that give a client secret. However often one is sent, for example by a double click, and to whichever
 * process: it registers one client or adds one secret, and that secret is shown once.
 *
 * What a form gives is decided and stored before it is done, so whoever repeats it can only do the same. The secret is
 * stored encrypted. The key is a hash of the form, which has a random id: only the browser that was shown the form knows
 * it, in the form and then in a cookie that is for the page of this secret alone.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import type { ClientIdentity } from '../../clients/client-registry.ts'
import { ConflictError } from '../../errors.ts'
import { SUBMISSION_TTL_SECONDS, UNSEEN_SECRET_TTL_SECONDS } from '../../lifetimes.ts'
import { createArtifactReader } from '../../storage/artifact-reader.ts'
import type { ArtifactStore } from '../../storage/artifact-store.ts'
import * as shape from '../../storage/result-shape.ts'
import { decryptText, encryptText } from '../../util/encrypted-text.ts'
import { randomText } from '../../util/random-text.ts'
import { sha256 } from '../../util/sha256.ts'

const COOKIE = 'oauth_new_secret'
const SUBMISSION_ID_LENGTH = 43
const SUBMISSION_ID = /^\w{43}$/
/** Purpose of the encryption of a client secret. */
const SECRET_PURPOSE = 'new-client-secret'

/** A submitted form. */
export interface Submission {
  /** What it gives. */
  readonly identity: ClientIdentity
  /** Whether it was done before. */
  readonly isDone: boolean
  /** Notes that it is done. */
  finish(): Promise<void>
  /** Lets this browser see the secret, on the page with this URL. */
  allowToSee(ctx: Context, url: string): void
}

/** The submitted forms of a server. */
export interface Submissions {
  /**
   * Finds or decides what a form gives.
   *
   * @param url Where the form was sent to.
   * @param superAdminId Who sent it, and may see the secret.
   * @param proposed What it gives, if it is sent for the first time.
   *
   * @throws {@link ConflictError} when the form has no submission id, or somebody else sent it before.
   */
  begin(
    url: string,
    form: URLSearchParams,
    superAdminId: string | undefined,
    proposed: ClientIdentity,
  ): Promise<Submission>
  /** Takes a secret that this browser may see. @returns `undefined` when it may not, or has seen it. */
  takeSecret(
    ctx: Context,
    url: string,
    secret: Pick<ClientIdentity, 'clientId' | 'secretId'>,
    superAdminId: string | undefined,
  ): Promise<string | undefined>
}

interface StoredSubmission extends Pick<ClientIdentity, 'clientId' | 'secretId'> {
  readonly encryptedSecret: string
  /** Who sent it; `null` if the host does not say. */
  readonly superAdminId: string | null
}

const stored = createArtifactReader<StoredSubmission>('Submission', {
  clientId: shape.nonEmptyString,
  secretId: shape.nonEmptyString,
  encryptedSecret: shape.nonEmptyString,
  superAdminId: shape.orNull(shape.nonEmptyString),
})

/**
 * The key of the mark that a form was done, or that its secret was shown. The mark expires later than the form, so it
 * names the secret: what the form gives next time is neither done nor shown.
 */
function markOf(
  what: 'done' | 'shown',
  token: string,
  { secretId }: Pick<ClientIdentity, 'secretId'>,
): string {
  return sha256(`${what} ${secretId} ${token}`)
}

/** Creates the id of a form. */
export function createSubmissionId(): string {
  return randomText(SUBMISSION_ID_LENGTH)
}

/** Creates the submissions of a server. */
export function createSubmissions(
  artifacts: Pick<ArtifactStore, 'find' | 'insert'>,
  createCookieJar: (ctx: Context) => Cookies,
  now: () => number,
): Submissions {
  const insert = (key: string, data: object): Promise<boolean> =>
    artifacts.insert('Submission', key, { ...data }, now() + SUBMISSION_TTL_SECONDS, now())
  const cookieOptions = (url: string) =>
    ({ path: new URL(url).pathname, signed: true, httpOnly: true, sameSite: 'strict' }) as const

  /** @param token A hash of the form. */
  async function findOrDecide(
    token: string,
    superAdminId: string | null,
    proposed: ClientIdentity,
  ): Promise<ClientIdentity> {
    const { clientId, secretId, clientSecret } = proposed
    const encryptedSecret = encryptText(clientSecret, token, SECRET_PURPOSE)
    const record: StoredSubmission = { clientId, secretId, encryptedSecret, superAdminId }
    if (await insert(sha256(token), record)) return proposed
    const decided = await stored.find(artifacts, sha256(token), now())
    if (decided?.superAdminId !== superAdminId) {
      throw new ConflictError('the form was sent before, by somebody else')
    }
    return {
      clientId: decided.clientId,
      secretId: decided.secretId,
      clientSecret: decryptText(decided.encryptedSecret, token, SECRET_PURPOSE),
    }
  }

  return {
    async begin(url, form, superAdminId, proposed) {
      if (!SUBMISSION_ID.test(form.get('submissionId') ?? '')) {
        throw new ConflictError('the form has no submission id')
      }
      const token = sha256(`submission\0${url}\0${form}`)
      const identity = await findOrDecide(token, superAdminId ?? null, proposed)
      const doneKey = markOf('done', token, identity)
      return {
        identity,
        isDone: (await artifacts.find('Submission', doneKey, now())) !== undefined,
        async finish() {
          await insert(doneKey, {})
        },
        allowToSee(ctx, secretUrl) {
          const expiresAt = now() + UNSEEN_SECRET_TTL_SECONDS
          const maxAge = UNSEEN_SECRET_TTL_SECONDS * 1000
          const options = { ...cookieOptions(secretUrl), maxAge }
          createCookieJar(ctx).set(COOKIE, `${expiresAt}.${token}`, options)
        },
      }
    },

    async takeSecret(ctx, url, { clientId, secretId }, superAdminId) {
      const cookies = createCookieJar(ctx)
      const [expiresAt, token = ''] = cookies.get(COOKIE)?.split('.') ?? []
      if (expiresAt === undefined || Number(expiresAt) <= now()) return undefined
      const found = await stored.find(artifacts, sha256(token), now())
      const isTheirs =
        found?.clientId === clientId &&
        found.secretId === secretId &&
        found.superAdminId === (superAdminId ?? null)
      if (!isTheirs || !(await insert(markOf('shown', token, found), {}))) return undefined
      cookies.set(COOKIE, null, cookieOptions(url))
      return decryptText(found.encryptedSecret, token, SECRET_PURPOSE)
    },
  }
}
