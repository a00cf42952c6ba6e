/**
 * Browser applications of other origins may call the APIs: who may do what, their tokens say.
 *
 * @module
 */

import cors from '@koa/cors'
import type { Middleware } from 'koa'

/** Goes in front of the check of tokens: a preflight has none, and scripts are to read why one was refused. */
export function allowOtherOrigins(): Middleware {
  return cors({
    origin: '*',
    allowMethods: ['GET', 'POST'],
    exposeHeaders: ['WWW-Authenticate', 'Retry-After'],
    maxAge: 3600,
  })
}
