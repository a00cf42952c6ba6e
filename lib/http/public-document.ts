import type { Context } from 'koa'
import { entityTagOf, isNotModified } from '../util/entity-tag.ts'
import type { Route } from './route.ts'

const MAX_AGE_SECONDS = 300

/**
 * Creates the route of a public JSON document, open to every origin (CORS).
 *
 * @param current Returns the content. It is serialized again only when it is another object.
 */
export function publicDocument(current: () => object, contentType: string): Route {
  let content: object | undefined
  let body = Buffer.alloc(0)
  let entityTag = ''
  const prepare = (newContent: object): void => {
    if (newContent === content) return
    const json = JSON.stringify(newContent)
    content = newContent
    body = Buffer.from(json)
    entityTag = entityTagOf(json)
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
      prepare(current())
      ctx.set('ETag', entityTag)
      if (isNotModified(ctx.req.headers['if-none-match'], entityTag)) {
        ctx.status = 304
        return
      }
      ctx.set('Content-Type', contentType)
      ctx.body = body
    },
  }
}
