/**
 * Reading request bodies of our own routes. oidc-provider reads those of the protocol endpoints.
 *
 * A host may have put a body parser before us; then `ctx.request.body` holds what it has read.
 *
 * @module
 */

import type { Context } from 'koa'
import { isObject } from '../util/is-object.ts'

const MAXIMUM_FORM_BYTES = 16 * 1024
const MAXIMUM_JSON_BYTES = 64 * 1024

/**
 * Reads a submitted HTML form.
 *
 * @returns `undefined` when the body is not a form, is too large, or did not arrive whole.
 */
export async function readForm(ctx: Context): Promise<URLSearchParams | undefined> {
  if (!ctx.is('application/x-www-form-urlencoded')) return undefined
  const parsed = parsedByHost(ctx)
  if (parsed !== undefined) return toSearchParams(parsed)
  const text = await readText(ctx, MAXIMUM_FORM_BYTES)
  return text === undefined ? undefined : new URLSearchParams(text)
}

/** What became of a body that should be a JSON object. */
export type JsonBody =
  | { readonly outcome: 'read'; readonly value: Readonly<Record<string, unknown>> }
  /** It is of a type that is not accepted. */
  | { readonly outcome: 'unsupported-type' }
  /** It is no JSON object, is too large, or did not arrive whole. */
  | { readonly outcome: 'unreadable' }

/** Reads a JSON object whose `Content-Type` is one of those that are accepted. */
export async function readJson(
  ctx: Context,
  acceptedTypes: ReadonlyArray<string>,
): Promise<JsonBody> {
  if (!acceptedTypes.includes(ctx.request.type.toLowerCase())) {
    return { outcome: 'unsupported-type' }
  }
  const value = parsedByHost(ctx) ?? parseJson(await readText(ctx, MAXIMUM_JSON_BYTES))
  return isObject(value) ? { outcome: 'read', value } : { outcome: 'unreadable' }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

async function readText(ctx: Context, maximumBytes: number): Promise<string | undefined> {
  const chunks: Array<Buffer> = []
  let length = 0
  try {
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
      length += chunk.length
      if (length > maximumBytes) break
      chunks.push(chunk)
    }
  } catch {
    // The sender went away in the middle of its request; there is nobody to answer.
    return undefined
  }
  if (length <= maximumBytes) return Buffer.concat(chunks).toString('utf8')
  // Takes in the rest and forgets it: the connection's next request comes after it.
  ctx.req.resume()
  return undefined
}

/** A parser that does not know a type reads nothing, and leaves an empty object all the same. */
function parsedByHost(ctx: Context): Record<string, unknown> | undefined {
  if (!ctx.req.readableEnded) return undefined
  const { body } = ctx.request as { readonly body?: unknown }
  return isObject(body) ? body : undefined
}

function toSearchParams(fields: Readonly<Record<string, unknown>>): URLSearchParams {
  const texts = Object.entries(fields).filter(
    (field): field is [string, string] => typeof field[1] === 'string',
  )
  return new URLSearchParams(texts)
}
