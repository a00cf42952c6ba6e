/**
 * Reads submitted forms.
 *
 * @module
 */

import type { Context } from 'koa'

const MAXIMUM_FORM_BYTES = 256 * 1024

/**
 * Reads a submitted form.
 *
 * @returns `undefined` when the body is not a form, or too large.
 */
export async function readForm(ctx: Context): Promise<URLSearchParams | undefined> {
  if (!ctx.is('application/x-www-form-urlencoded')) return undefined
  const chunks: Array<Buffer> = []
  let length = 0
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    length += chunk.length
    // Reads the rest of a body that is too large, so that the response can be sent.
    if (length <= MAXIMUM_FORM_BYTES) chunks.push(chunk)
  }
  if (length > MAXIMUM_FORM_BYTES) return undefined
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/**
 * Whether a page of the application submitted a form. Browsers set these headers, and pages cannot change them.
 *
 * @param ownOrigin Origin of the application, for example `http://localhost:3001`.
 */
export function isFromOwnPage(ctx: Context, ownOrigin: string): boolean {
  const origin = ctx.get('origin')
  return origin === '' ? ctx.get('sec-fetch-site') === 'same-origin' : origin === ownOrigin
}
