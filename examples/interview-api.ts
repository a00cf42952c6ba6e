/**
 * An API that accepts the server's access tokens: the interviews of the token's tenant.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import {
  type AccessTokenVerifierOptions,
  type CallerState,
  requireCaller,
  requireScopes,
} from '@teamcast/oauth-server/resource-server'
import Koa, { type Context, type Middleware } from 'koa'
import mount from 'koa-mount'
import { allowOtherOrigins } from './cross-origin.ts'

/** An interview. */
export interface Interview {
  readonly id: string
  readonly tenantId: string
  readonly candidate: string
  readonly position: string
  readonly status: 'scheduled' | 'completed'
}

const interviews: Array<Interview> = [
  {
    id: 'interview-1',
    tenantId: 'acme',
    candidate: 'Margaret Hamilton',
    position: 'Software engineer',
    status: 'completed',
  },
  {
    id: 'interview-2',
    tenantId: 'acme',
    candidate: 'Katherine Johnson',
    position: 'Data analyst',
    status: 'scheduled',
  },
  {
    id: 'interview-3',
    tenantId: 'globex',
    candidate: 'Hedy Lamarr',
    position: 'Radio engineer',
    status: 'scheduled',
  },
]

/** Creates the API, at `/api/interviews`. */
export function createInterviewApi(verification: AccessTokenVerifierOptions): Middleware {
  const mayRead = requireScopes('interview:read')
  const mayCreate = requireScopes('interview:create')
  const api = new Koa<CallerState>()
  api.use(allowOtherOrigins())
  api.use(requireCaller(verification))
  api.use(async (ctx) => {
    if (ctx.path !== '/') return
    const { tenantId } = ctx.state.caller
    switch (ctx.method) {
      case 'GET':
        return await mayRead(ctx, async () => list(ctx, tenantId))
      case 'POST':
        return await mayCreate(ctx, async () => create(ctx, tenantId))
      default:
        ctx.set('Allow', 'GET, POST')
        ctx.status = 405
    }
  })
  return mount('/api/interviews', api)
}

/** The interviews of a tenant. */
export function interviewsOf(tenantId: string): ReadonlyArray<Interview> {
  return interviews.filter((interview) => interview.tenantId === tenantId)
}

function list(ctx: Context, tenantId: string): void {
  ctx.body = { interviews: interviewsOf(tenantId) }
}

/** Schedules an interview of a tenant. */
export function createInterview(tenantId: string): Interview {
  const interview: Interview = {
    id: randomUUID(),
    tenantId,
    candidate: 'Annie Easley',
    position: 'Computer scientist',
    status: 'scheduled',
  }
  interviews.push(interview)
  return interview
}

function create(ctx: Context, tenantId: string): void {
  ctx.status = 201
  ctx.body = createInterview(tenantId)
}
