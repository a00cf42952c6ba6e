import type { Context } from 'koa'
import type { Route } from './route.ts'

const MAX_AGE_SECONDS = 300

/**
 * Creates the route of a public JSON document, open to every origin (CORS).
 *
 * @param current Returns the content. It is serialized again only when it is another object.
 */
export function publicDocument(current: () => object, type: string): Route {
  let content: object | undefined
  let body = Buffer.alloc(0)
  const serialize = (newContent: object): Buffer => {
    if (newContent !== content) body = Buffer.from(JSON.stringify(newContent))
    content = newContent
    return body
  }
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    'X-Content-Type-Options': 'nosniff',
  }
  return {
    methods: ['GET', 'HEAD', 'OPTIONS'],
    errorFormat: 'oauth',
    handle(ctx: Context) {
      ctx.set(headers)
      if (ctx.method === 'OPTIONS') {
        ctx.set({ 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Allow-Headers': '*' })
        ctx.status = 204
        return
      }
      ctx.type = type
      ctx.body = serialize(current())
    },
  }
}
