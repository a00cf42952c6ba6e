import type { Context } from 'koa'
import type { Route } from './route.ts'

const MAX_AGE_SECONDS = 300

/** A JSON document for everybody, serialised once. Open to every origin (CORS). */
export function publicDocument(content: unknown, type: string): Route {
  const body = Buffer.from(JSON.stringify(content))
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    'X-Content-Type-Options': 'nosniff',
  }
  return {
    methods: ['GET', 'HEAD', 'OPTIONS'],
    audience: 'programs',
    handle(ctx: Context) {
      ctx.set(headers)
      if (ctx.method === 'OPTIONS') {
        ctx.set({ 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Allow-Headers': '*' })
        ctx.status = 204
        return
      }
      ctx.type = type
      ctx.body = body
    },
  }
}
