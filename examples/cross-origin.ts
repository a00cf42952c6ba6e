/**
 * CORS: browser applications of other origins may call the APIs, with their access tokens.
 *
 * @module
 */

import cors from '@koa/cors'
import type { Middleware } from 'koa'

/** Must run before the check of tokens: preflights have none, and scripts must be able to read its errors. */
export function allowOtherOrigins(): Middleware {
  return cors({
    origin: '*',
    allowMethods: ['GET', 'POST'],
    exposeHeaders: ['WWW-Authenticate', 'Retry-After'],
    maxAge: 3600,
  })
}
