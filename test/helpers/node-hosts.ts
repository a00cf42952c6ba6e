/**
 * Applications of frameworks other than Koa, with a handler or middleware in front of routes of their own.
 *
 * @module
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { parse } from 'node:querystring'
import middie from '@fastify/middie'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'

/** What all of these frameworks take. */
export type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** How a host uses a handler. */
export interface NodeHostOptions {
  /** Whether the host has read the body before: JSON and forms. */
  readonly parsesBodies: boolean
  /** Where the handler is mounted; the root by default. */
  readonly path?: string
}

/** A framework, and what else its host does: its own routes respond `host METHOD URL BODY`. */
export interface NodeHost {
  readonly name: string
  /** Whether it can mount a handler at a path. */
  readonly mounts: boolean
  readonly createListener: (
    handler: Handler,
    options: NodeHostOptions,
  ) => RequestListener | Promise<RequestListener>
}

const FORM = 'application/x-www-form-urlencoded'

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** What a host without routes of its own says. */
function describe(request: IncomingMessage, body: string): string {
  return `host ${request.method} ${request.url} ${body}`
}

const nodeHttp: NodeHost = {
  name: 'node:http',
  mounts: false,
  createListener:
    (handler, { parsesBodies }) =>
    async (request, response) => {
      if (parsesBodies) {
        const text = await readBody(request)
        const isForm = request.headers['content-type']?.startsWith(FORM)
        Object.assign(request, { body: isForm ? parse(text) : text })
      }
      handler(request, response, async () => {
        const { body } = request as { readonly body?: unknown }
        response.end(
          describe(request, parsesBodies ? JSON.stringify(body) : await readBody(request)),
        )
      })
    },
}

const expressHost: NodeHost = {
  name: 'Express',
  mounts: true,
  createListener(handler, { parsesBodies, path = '/' }) {
    const app = express()
    if (parsesBodies) app.use(express.json(), express.urlencoded({ extended: true }))
    app.use(path, handler)
    app.use(async (request, response) => {
      const body = parsesBodies ? JSON.stringify(request.body) : await readBody(request)
      response.send(describe(request, body))
    })
    return app
  },
}

const fastifyHost: NodeHost = {
  name: 'Fastify',
  mounts: true,
  async createListener(handler, { parsesBodies, path = '/' }) {
    const app = fastify()
    // It parses bodies between these two hooks.
    await app.register(middie, { hook: parsesBodies ? 'preHandler' : 'onRequest' })
    app.addContentTypeParser(FORM, { parseAs: 'string' }, async (_request: unknown, text: string) =>
      parse(text),
    )
    app.use(path, handler)
    app.all('*', async (request) => describe(request.raw, JSON.stringify(request.body)))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
}

const honoHost: NodeHost = {
  name: 'Hono',
  mounts: false,
  createListener(handler, { parsesBodies }) {
    const app = new Hono<{ Bindings: HttpBindings }>()
    if (parsesBodies) {
      app.use(async (context, next) => {
        const isForm = context.req.header('content-type')?.startsWith(FORM)
        const body = isForm ? await context.req.parseBody({ all: true }) : await context.req.text()
        Object.assign(context.env.incoming, { body })
        await next()
      })
    }
    app.use(async (context, next) => {
      const { incoming, outgoing } = context.env
      const isForeign = await new Promise<boolean>((resolve) => {
        outgoing.once('close', () => resolve(false))
        handler(incoming as IncomingMessage, outgoing as ServerResponse, () => resolve(true))
      })
      if (!isForeign) return RESPONSE_ALREADY_SENT
      return await next()
    })
    app.all('*', async (context) => {
      const { incoming } = context.env as { readonly incoming: IncomingMessage }
      return context.text(describe(incoming, await context.req.text()))
    })
    // Its own Response would be that of every other test in this process.
    return getRequestListener(app.fetch, { overrideGlobalObjects: false })
  },
}

export const NODE_HOSTS: ReadonlyArray<NodeHost> = [nodeHttp, expressHost, fastifyHost, honoHost]
