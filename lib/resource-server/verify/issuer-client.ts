/**
 * Requests to the issuer, as the client that is registered for a resource server.
 *
 * @module
 */

import { callHost, type Expectation } from '../../util/host-function.ts'
import { isObject } from '../../util/is-object.ts'
import { type Members, optional, rule, type Schema, text } from '../../util/schema.ts'
import { functionOption } from '../options.ts'

/** Timeout of a request; in milliseconds. */
const REQUEST_TIMEOUT_MILLISECONDS = 5_000

/** Credentials for requests to the issuer, and how to send them. */
export interface IssuerClientOptions {
  /** Id of the CONFIDENTIAL client that is registered for this resource server. */
  readonly clientId: string
  /** Its secret. Sent to the issuer with HTTP Basic; no error contains it. */
  readonly clientSecret: string
  /**
   * Sends requests. Give another for a proxy or a private CA.
   *
   * @defaultValue The global `fetch`
   */
  readonly fetch?: typeof fetch
}

/** The checks of {@link IssuerClientOptions}. */
export const issuerClientOptions: Members<IssuerClientOptions> = {
  clientId: text,
  clientSecret: text,
  fetch: optional(functionOption),
}

/** The characters of `error` and `error_description` (RFC 6749 §5.2); no longer than our own. */
const ERROR_CHARACTERS = /^[\x20-\x21\x23-\x5B\x5D-\x7E]{1,300}$/

/** One request. */
interface IssuerRequest {
  readonly url: URL
  /** The form of a POST; without one, the request is a GET. */
  readonly form?: URLSearchParams
  /** Aborts the request. */
  readonly signal?: AbortSignal
}

/**
 * Sends a request and parses the JSON of the response. Rejects when the response is not as expected, and
 * after 5 seconds. Follows no redirect, which would take the secret along.
 */
type IssuerClient = <BodyT>(request: IssuerRequest, schema: Schema<BodyT>) => Promise<BodyT>

/** The status of the issuer's response is not 200. */
export class IssuerStatusError extends Error {
  override readonly name = 'IssuerStatusError'
  /** HTTP status of the response. */
  readonly status: number

  constructor({ pathname }: URL, status: number, reason: string) {
    super(`the issuer responded to ${pathname} with ${status}${reason}`)
    this.status = status
  }
}

// Not `instanceof`: the `fetch` of undici has a `Response` of its own.
const isResponse = (value: unknown): boolean =>
  isObject(value) && Number.isInteger(value['status']) && typeof value['json'] === 'function'

const RESPONSE: Expectation<Response> = {
  words: 'a Response',
  schema: rule((value) => !isResponse(value) && 'must be a Response'),
}

/** What an error response says: its code and description (RFC 6749 §5.2); empty if it has none. */
async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined)
  if (!isObject(body)) return ''
  const texts = [body['error'], body['error_description']].filter(
    (text) => typeof text === 'string' && ERROR_CHARACTERS.test(text),
  )
  return texts.length === 0 ? '' : `: ${texts.join(': ')}`
}

/** Creates a client of the issuer. */
export function createIssuerClient(options: IssuerClientOptions): IssuerClient {
  const { clientId, clientSecret, fetch: send = fetch } = options
  // RFC 6749 §2.3.1: both are form-encoded first.
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    accept: 'application/json',
  }

  return async ({ url, form, signal }, schema) => {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MILLISECONDS)
    const response = await callHost('fetch', RESPONSE, () =>
      send(url, {
        ...(form === undefined ? {} : { method: 'POST', body: form }),
        headers,
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      }),
    )
    if (response.status !== 200) {
      throw new IssuerStatusError(url, response.status, await reasonOf(response))
    }
    const { data, error } = schema.safeParse(await response.json())
    if (error === undefined) return data
    const places = error.issues.map(({ path }) => path.join('.') || 'the whole body')
    throw new TypeError(`the issuer's response to ${url.pathname} is wrong: ${places.join(', ')}`)
  }
}
