import type { Context } from 'koa'
import { readJson } from '../../http/body.ts'
import { sendProblem } from '../../http/problem.ts'

const JSON_TYPE = 'application/json'
const MERGE_PATCH_TYPE = 'application/merge-patch+json'

/** Reads the JSON object of a request; if there is none, says so and returns `undefined`. */
export async function requestBodyOf(
  ctx: Context,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const types = ctx.method === 'PATCH' ? [JSON_TYPE, MERGE_PATCH_TYPE] : [JSON_TYPE]
  const body = await readJson(ctx, types)
  switch (body.outcome) {
    case 'read':
      return body.value
    case 'unsupported-type':
      // RFC 5789 §3.1, RFC 9110 §12.5.1: what would have been accepted.
      ctx.set(ctx.method === 'PATCH' ? 'Accept-Patch' : 'Accept', types.join(', '))
      sendProblem(ctx, 415, `the Content-Type must be ${types.join(' or ')}`)
      return undefined
    case 'unreadable':
      sendProblem(ctx, 400, 'the body must be a JSON object of at most 64 kB')
      return undefined
  }
}
