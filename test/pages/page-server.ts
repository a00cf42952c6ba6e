/**
 * Serves pages to a browser as the authorization server sends them.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Koa from 'koa'
import { sendPage } from '../../lib/http/responses.ts'
import type { HtmlPage } from '../../lib/pages/pages.ts'

/** A running server. */
export interface PageServer {
  /** Where a page is: its name comes after this URL. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts a server on a free port. It answers a GET with the page of that name, and a POST with the
 * form's fields as JSON.
 *
 * @param pages Pages by name.
 */
export async function startPageServer(
  pages: Readonly<Record<string, HtmlPage>>,
): Promise<PageServer> {
  const app = new Koa()
  app.use(async (ctx) => {
    const page = pages[ctx.path.slice(1)]
    if (ctx.method === 'POST') ctx.body = Array.from(new URLSearchParams(await text(ctx.req)))
    else if (page !== undefined) sendPage(ctx, 200, page)
  })
  const server = createServer({ keepAliveTimeout: 0 }, app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
