import { STATUS_CODES } from 'node:http'
import type { Context } from 'koa'
import type { Issue } from '../errors.ts'
import { PRIVATE_HEADERS } from './responses.ts'

/** Writes an error as problem details (RFC 9457), with everything that is wrong with the request. */
export function sendProblem(
  ctx: Context,
  status: number,
  detail: string,
  errors?: ReadonlyArray<Issue>,
): void {
  ctx.status = status
  ctx.type = 'application/problem+json'
  ctx.set(PRIVATE_HEADERS)
  ctx.body = { type: 'about:blank', title: STATUS_CODES[status], status, detail, errors }
}
