/**
 * The parameters of a request to the token, introspection or revocation endpoint (RFC 6749 appendix B).
 *
 * @module
 */

import { parse } from 'node:querystring'
import type { Context } from 'koa'
import { parsedBodyOf, readText } from './body.ts'

// Enough for long access tokens and client assertions.
const MAXIMUM_BYTES = 64 * 1024
const FORM = 'application/x-www-form-urlencoded'
// An encoded form is ASCII, so these charsets are equivalent.
const CHARSET = /^(?:|charset="?(?:utf-8|us-ascii|iso-8859-1)"?)$/i

/** Thrown for a request that is malformed: `invalid_request` (RFC 6749 §5.2). */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
}

/** The parameters of a request. An empty one counts as absent (RFC 6749 §3.2). */
export class FormParameters {
  readonly #values: Readonly<Record<string, unknown>>

  /** @param values A list for a parameter that was sent more than once. */
  constructor(values: Readonly<Record<string, unknown>> = {}) {
    this.#values = values
  }

  /**
   * The value of a parameter.
   *
   * @throws {@link InvalidRequestError} when it was sent more than once (RFC 6749 §3.2), or a body parser
   *   of the host made something else of it. Parsers make objects of many equal names, too.
   */
  get(name: string): string | undefined {
    const value = this.#values[name]
    if (typeof value === 'string') return value === '' ? undefined : value
    if (value === undefined) return undefined
    throw new InvalidRequestError(`${name} must not be sent more than once`)
  }

  /**
   * The values of a parameter that may be sent more than once.
   *
   * @throws {@link InvalidRequestError} when a body parser of the host made something else of them.
   */
  getAll(name: string): ReadonlyArray<string> {
    const value = this.#values[name]
    if (value === undefined) return []
    const values = [value].flat()
    if (values.every((value) => typeof value === 'string')) {
      return values.filter((value) => value !== '')
    }
    throw new InvalidRequestError(`${name} must be sent as text`)
  }
}

/**
 * Reads the parameters of a request body. A body without a `Content-Type` has none.
 *
 * @throws {@link InvalidRequestError} when the body is not a form, is too large or incomplete.
 */
export async function readFormParameters(ctx: Context): Promise<FormParameters> {
  const { 'content-type': contentType, 'content-encoding': encoding } = ctx.req.headers
  if (contentType === undefined) return new FormParameters()
  const [type = '', charset = ''] = contentType.split(';')
  if (type.trim().toLowerCase() !== FORM || !CHARSET.test(charset.trim())) {
    throw new InvalidRequestError(`the body must be ${FORM} in UTF-8`)
  }
  if (encoding !== undefined && encoding !== 'identity') {
    throw new InvalidRequestError('the body must not be compressed')
  }
  const parsed = parsedBodyOf(ctx)
  if (parsed !== undefined) return new FormParameters(parsed)
  const text = await readText(ctx, MAXIMUM_BYTES)
  if (text === undefined) {
    throw new InvalidRequestError(`the body must arrive whole, within ${MAXIMUM_BYTES} bytes`)
  }
  return new FormParameters(parse(text, '&', '=', { maxKeys: 0 }))
}
