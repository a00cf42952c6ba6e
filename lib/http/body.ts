/**
 * Reads request bodies. If a body parser of the host ran before, `ctx.request.body` has the parsed body, or
 * its text or bytes.
 *
 * @module
 */

import type { Context } from 'koa'
import getRawBody from 'raw-body'
import { isObject } from '../util/is-object.ts'

const MAXIMUM_FORM_BYTES = 16 * 1024
const MAXIMUM_JSON_BYTES = 64 * 1024

/**
 * Reads a submitted HTML form.
 *
 * @param maximumBytes Defaults to 16 KiB.
 *
 * @returns `undefined` when the body is not a form, is too large, or is incomplete.
 */
export async function readForm(
  ctx: Context,
  maximumBytes: number = MAXIMUM_FORM_BYTES,
): Promise<URLSearchParams | undefined> {
  if (!ctx.is('application/x-www-form-urlencoded')) return undefined
  const parsed = parsedBodyOf(ctx)
  if (parsed !== undefined) return toSearchParams(parsed)
  const text = await readText(ctx, maximumBytes)
  return text === undefined ? undefined : new URLSearchParams(text)
}

/** The result of reading a JSON object. */
export type JsonBody =
  | { readonly outcome: 'read'; readonly value: Readonly<Record<string, unknown>> }
  /** Its `Content-Type` is not accepted. */
  | { readonly outcome: 'unsupported-type' }
  /** It is not a JSON object, is too large, or is incomplete. */
  | { readonly outcome: 'unreadable' }

/** Reads a JSON object whose `Content-Type` is one of those that are accepted. */
export async function readJson(
  ctx: Context,
  acceptedTypes: ReadonlyArray<string>,
): Promise<JsonBody> {
  if (!acceptedTypes.includes(ctx.request.type.toLowerCase())) {
    return { outcome: 'unsupported-type' }
  }
  const value = parsedBodyOf(ctx) ?? parseJson(await readText(ctx, MAXIMUM_JSON_BYTES))
  return isObject(value) ? { outcome: 'read', value } : { outcome: 'unreadable' }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/**
 * Reads a body as text.
 *
 * @returns `undefined` when it is too large or incomplete.
 */
export async function readText(ctx: Context, maximumBytes: number): Promise<string | undefined> {
  const given = hostBodyOf(ctx)
  if (typeof given === 'string' || given instanceof Uint8Array) {
    const bytes = Buffer.from(given)
    return bytes.length > maximumBytes ? undefined : bytes.toString('utf8')
  }
  const { 'content-length': length } = ctx.req.headers
  try {
    const body = await getRawBody(ctx.req, { limit: maximumBytes, length: length ?? null })
    return body.toString('utf8')
  } catch (error) {
    if (!isClientError(error)) throw error
    // Discards the rest, so that the connection's next request can be read.
    ctx.req.resume()
    return undefined
  }
}

/** Whether a body is too large or incomplete. Other errors are the host's, for example a body that the host has already read. */
function isClientError(error: unknown): boolean {
  return isObject(error) && (Number(error['status']) < 500 || error['code'] === 'ECONNRESET')
}

/**
 * The result of a body parser of the host; `undefined` when none has read the body. For an unknown type,
 * parsers leave an empty object without reading.
 */
export function parsedBodyOf(ctx: Context): Record<string, unknown> | undefined {
  const body = hostBodyOf(ctx)
  return isObject(body) && !(body instanceof Uint8Array) ? body : undefined
}

function hostBodyOf(ctx: Context): unknown {
  return ctx.req.readableEnded ? (ctx.request as { readonly body?: unknown }).body : undefined
}

function toSearchParams(fields: Readonly<Record<string, unknown>>): URLSearchParams {
  const texts = Object.entries(fields).flatMap(([name, value]) =>
    valuesOf(value).map((text) => [name, text] as const),
  )
  return new URLSearchParams(
    texts.filter((field): field is [string, string] => typeof field[1] === 'string'),
  )
}

/** The values of a field. If it was sent more than 20 times, some parsers make an object of them, with the indexes as names. */
function valuesOf(value: unknown): ReadonlyArray<unknown> {
  const isList = isObject(value) && Object.keys(value).every((key, index) => key === String(index))
  return isList ? Object.values(value) : [value].flat()
}
