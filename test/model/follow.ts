/**
 * Follows a life cycle, beside the specification. When a process was killed, or two requests ran at once, it may
 * have gone in several ways: all that fit what was seen are kept, and what is seen later decides.
 *
 * @module
 */

import type { AuditEvent } from '@teamcast/oauth-server'
import { postAs } from '../helpers/requests.ts'
import type { History, Step } from './actions.ts'
import {
  type Holdings,
  perform,
  type Resolved,
  type Route,
  resolve,
  updateUser,
} from './perform.ts'
import { predict, type Seen } from './predict.ts'
import {
  isAccessTokenActive,
  isAccessTokenValid,
  isRefreshTokenActive,
  itemOf,
  type State,
} from './state.ts'
import type { System } from './system.ts'

/** The process died. */
const CUT: Seen = { outcome: 'cut' }
/** It was asked again, and all is done. */
const RETRIED: Seen = { outcome: 'retried' }

/** What the checks themselves lead to, and what happens in the background. */
const OTHER_EVENTS: ReadonlySet<string> = new Set([
  'token.introspected',
  'key.created',
  'key.deleted',
  'key.rotated',
  'key.revoked',
])

/** How far the life cycles of this process have come: each has people and addresses of its own. */
let count = 0

/** An action that was performed, and what whoever acted was told. */
interface Performed {
  readonly resolved: Resolved
  readonly seen: Seen
}

/**
 * Performs a history.
 *
 * @throws Error which says what cannot be, when nothing that the specification allows fits what was seen.
 */
export async function follow(system: System, history: History): Promise<void> {
  count += 1
  const { refreshTokenGraceSeconds, steps } = history
  const holdings: Holdings = {
    clients: [],
    users: ['ada', 'grace', 'alan'].map((name, index) => ({
      userId: `${name}-${count}`,
      tenantId: `${index === 1 ? 'globex' : 'acme'}-${count}`,
      isDisabled: false,
    })),
    authorizations: [],
  }
  for (const user of holdings.users) updateUser(system, user)
  system.restart(refreshTokenGraceSeconds)
  await system.takeEvents()
  let states: ReadonlyArray<State> = [
    {
      now: system.clock.now(),
      refreshTokenGraceSeconds,
      clients: [],
      users: holdings.users.map(({ tenantId, isDisabled }) => ({ tenantId, isDisabled })),
      consents: [],
      consentCount: 0,
      authorizations: {},
      accessTokens: [],
      revokedKeys: [],
    },
  ]
  for (const [index, step] of steps.entries()) {
    const address = `10.${(count >> 8) & 255}.${count & 255}.${index + 1}`
    const taken = await take(system, holdings, step, address)
    if (taken === undefined) continue
    states = explain(states, step, taken)
    states = await look(system, holdings, states, 'newest', taken)
  }
  states = await look(system, holdings, states, 'all', undefined)
  await assertReported(system, states)
  system.bury()
}

/** What a step came to. */
interface Taken {
  readonly performed: ReadonlyArray<Performed>
  /** `undefined` when a process was killed, or several requests ran at once. */
  readonly events: ReadonlyArray<string> | undefined
}

async function take(
  system: System,
  holdings: Holdings,
  step: Step,
  ip: string,
): Promise<Taken | undefined> {
  if (step.kind === 'race') {
    const all = step.actions.flatMap((action) => resolve(holdings, action) ?? [])
    const performed = await Promise.all(
      all.map(async (resolved, index) => {
        const route: Route = { next: () => (index === 0 ? 0 : 1), ip }
        return { resolved, seen: await perform(system, holdings, resolved, route) }
      }),
    )
    await system.takeEvents()
    for (const each of performed) keep(holdings, each)
    return { performed, events: undefined }
  }
  const resolved = resolve(holdings, step.action)
  if (resolved === undefined) return undefined
  const { seen, wasKilled } = await performOne(system, holdings, resolved, step, ip)
  const events = (await system.takeEvents()).map(({ type }: AuditEvent) => type)
  const performed = { resolved, seen }
  keep(holdings, performed)
  return {
    performed: [performed],
    events: wasKilled ? undefined : events.filter((type) => !OTHER_EVENTS.has(type)).sort(),
  }
}

async function performOne(
  system: System,
  holdings: Holdings,
  resolved: Resolved,
  { server, kill }: Extract<Step, { kind: 'one' }>,
  ip: string,
): Promise<{ readonly seen: Seen; readonly wasKilled: boolean }> {
  if (kill === undefined) {
    // As a load balancer does it: each request goes to the other process.
    let last: 0 | 1 = server === 0 ? 1 : 0
    const next = (): 0 | 1 => {
      last = last === 0 ? 1 : 0
      return last
    }
    return { seen: await perform(system, holdings, resolved, { next, ip }), wasKilled: false }
  }
  const death = system.killAt(server, kill)
  const performing = perform(system, holdings, resolved, { next: () => server, ip })
  const seen = await Promise.race([
    performing.catch((error: unknown) => {
      if (death.hasHappened()) return CUT
      throw error
    }),
    death.happened.then(() => CUT),
  ])
  death.cancel()
  const wasKilled = death.hasHappened()
  if (seen !== CUT || resolved.action.kind !== 'delete-client') return { seen, wasKilled }
  // What is left of a deletion that was interrupted is done by the next one.
  const next = (): 0 | 1 => (server === 0 ? 1 : 0)
  await perform(system, holdings, resolved, { next, ip })
  return { seen: RETRIED, wasKilled }
}

/** The client keeps its new tokens. */
function keep(
  { authorizations }: Holdings,
  { resolved: { action }, seen: { body } }: Performed,
): void {
  if (body === undefined || !('authorization' in action)) return
  const holding = authorizations[action.authorization]
  const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(body)
  if (!holding?.refreshTokens.includes(refreshToken)) holding?.refreshTokens.push(refreshToken)
  if (!holding?.accessTokens.includes(accessToken)) holding?.accessTokens.push(accessToken)
}

/** What there can be now, if all of that happened. */
function explain(
  states: ReadonlyArray<State>,
  step: Step,
  { performed, events }: Taken,
): ReadonlyArray<State> {
  const isRace = performed.length > 1
  const orders = isRace ? [performed, performed.toReversed()] : [performed]
  const wrong: Array<string> = []
  const possible = states.flatMap((state) =>
    orders.flatMap((order) => {
      let ways: ReadonlyArray<State> = [state]
      for (const each of order)
        ways = ways.flatMap((way) => applyTo(way, each, events, isRace, wrong))
      return ways
    }),
  )
  const distinct = new Map(possible.map((state) => [JSON.stringify(state), state]))
  if (distinct.size > 0) return [...distinct.values()]
  throw new Error(
    `after ${JSON.stringify(step)}\nseen: ${describe(performed)}, events ${events}\n` +
      `expected: ${[...new Set(wrong)].join('\nor: ')}`,
  )
}

const describe = (performed: ReadonlyArray<Performed>): string =>
  performed.map(({ resolved: { action }, seen }) => `${action.kind} → ${seen.outcome}`).join(', ')

function applyTo(
  before: State,
  { resolved: { action, token, other }, seen }: Performed,
  events: ReadonlyArray<string> | undefined,
  isRace: boolean,
  wrong: Array<string>,
): ReadonlyArray<State> {
  const state = structuredClone(before)
  const told = token === undefined ? seen : { ...seen, token }
  const expected = predict(state, action, told, other)
  if (seen === CUT) return [before, state]
  const sorted = [...expected.events].sort()
  const isRight =
    (seen === RETRIED ||
      expected.outcome === seen.outcome ||
      (isRace && areRefusals(expected.outcome, seen.outcome))) &&
    (expected.body === undefined || expected.body === seen.body) &&
    (events === undefined || events.join() === sorted.join())
  if (isRight) return [state]
  wrong.push(
    `${expected.outcome}, events ${sorted}${expected.body === undefined ? '' : ', the same response'}`,
  )
  return []
}

/** When something ends a client meanwhile, it depends on the moment which of these it is told. */
const areRefusals = (...outcomes: ReadonlyArray<string>): boolean =>
  outcomes.every((outcome) => /^(invalid_|unauthorized_)/.test(outcome))

/** Asks which tokens are active, and keeps the states in which they are. */
async function look(
  system: System,
  holdings: Holdings,
  states: ReadonlyArray<State>,
  which: 'newest' | 'all',
  taken: Taken | undefined,
): Promise<ReadonlyArray<State>> {
  const [first] = states
  if (first === undefined) throw new Error('there is no state')
  const from = which === 'newest' ? -1 : 0
  const looks = [
    ...holdings.authorizations.flatMap(({ client, refreshTokens, accessTokens }, authorization) => [
      ...(isAble(first, client)
        ? refreshTokens.slice(from).map((token) => ({ token, as: client, authorization }))
        : []),
      ...accessTokens.slice(from).map((token) => ({ token, as: undefined, authorization })),
    ]),
    ...first.accessTokens
      .filter(({ authorization }) => authorization === undefined)
      .slice(from)
      .map(({ token }) => ({ token, as: undefined, authorization: undefined })),
  ]
  const answers = await Promise.all(
    looks.map(async ({ token, as }, index) => {
      const client = as === undefined ? system.api : holdings.clients[as]
      if (client === undefined) throw new Error('there is no such client')
      const url = system.reach(index % 2 === 0 ? 0 : 1, '/oauth/introspect')
      const response = await postAs(client, String(url), { token })
      const { active, scope } = await response.json()
      return active === true
        ? `active ${String(scope).split(' ').sort().join(' ')}`
        : String(active)
    }),
  )
  const expectedOf = (state: State): ReadonlyArray<string> =>
    looks.map(({ token, as, authorization }) => {
      if (as !== undefined) {
        const its = itemOf(state.authorizations, authorization ?? -1)
        return isRefreshTokenActive(state, its, token)
          ? `active ${[...its.scopes].sort().join(' ')}`
          : 'false'
      }
      const its = state.accessTokens.find((accessToken) => accessToken.token === token)
      return its !== undefined && isAccessTokenActive(state, its)
        ? `active ${its.scopes.join(' ')}`
        : 'false'
    })
  const possible = states.filter((state) => expectedOf(state).join() === answers.join())
  if (possible.length > 0) return possible
  const names = looks.map(
    ({ as, authorization }) =>
      `${as === undefined ? 'access' : 'refresh'} token of ${authorization}`,
  )
  const differences = answers.flatMap((answer, index) =>
    answer === expectedOf(first)[index]
      ? []
      : `${names[index]}: ${answer} instead of ${expectedOf(first)[index]}`,
  )
  throw new Error(
    `${taken === undefined ? 'at the end' : `after ${describe(taken.performed)}`}: ${differences.join('; ')}`,
  )
}

/** Whether a client may introspect its own tokens. */
function isAble({ clients }: State, client: number): boolean {
  const { clientType, isDeleted } = itemOf(clients, client)
  return clientType === 'CONFIDENTIAL' && !isDeleted
}

/** Every access token that has ended before its time is in the revocation feed. */
async function assertReported(system: System, states: ReadonlyArray<State>): Promise<void> {
  const [state] = states
  if (state === undefined) return
  const now = system.clock.now()
  const { revocations } = system.storage
  for (const its of state.accessTokens) {
    if (!isAccessTokenValid(state, its) || isAccessTokenActive(state, its)) continue
    const { jti, grant_id: familyId, client_id: clientId } = payloadOf(its.token)
    const isReported = await Promise.all([
      revocations.has('access-token', jti, now),
      revocations.has('client', clientId, now),
      ...(familyId === undefined
        ? []
        : [
            revocations.has('family', familyId, now),
            revocations.has('consent', familyId.slice(0, 22), now),
          ]),
    ])
    if (!isReported.includes(true)) throw new Error('a token has ended without a revocation')
  }
}

function payloadOf(token: string): {
  readonly jti: string
  readonly client_id: string
  readonly grant_id?: string
} {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
