/**
 * Users who sign in, refresh, are looked up and sign out, over and over.
 *
 * @module
 */

import { postAs } from '../helpers/requests.ts'
import type { Instances, IssuedTokens } from '../helpers/start-instances.ts'

const USERS = 3
const REFRESHES_PER_SIGN_IN = 3

/** Users who were started. */
export interface Users {
  /** What was refused, or failed. Each ends the load. */
  readonly failures: ReadonlyArray<string>
  /** How often a user signed in and out again. */
  readonly signIns: number
  readonly refreshes: number
  /** Waits until each user has refreshed as often as from one sign-in to the next, or one failed. */
  onceRound(): Promise<void>
  stop(): Promise<void>
}

/** Starts them. Requests of one user go to one process after the other. */
export function startUsers({ issuer, client, issueTokens }: Instances): Users {
  const failures: Array<string> = []
  const refreshes = Array.from({ length: USERS }, () => 0)
  let signIns = 0
  let isOver = false
  let checkGoal = (): void => undefined

  async function post(path: string, parameters: Record<string, string>): Promise<Response> {
    const response = await postAs(client, `${issuer}/oauth/${path}`, parameters)
    if (response.status === 200) return response
    throw new Error(`${path}: ${response.status} ${await response.text()}`)
  }

  async function expectActive(token: string, isActive: boolean): Promise<void> {
    const introspected = await post('introspect', { token })
    const { active } = (await introspected.json()) as { active: boolean }
    if (active !== isActive) throw new Error(`a token's active is ${active}`)
  }

  async function use(user: number): Promise<void> {
    let tokens = await issueTokens(`user-${user}`)
    for (let times = 0; times < REFRESHES_PER_SIGN_IN; times += 1) {
      const { refresh_token } = tokens
      const refreshed = await post('token', { grant_type: 'refresh_token', refresh_token })
      tokens = (await refreshed.json()) as IssuedTokens
      for (const token of [tokens.refresh_token, tokens.access_token]) {
        await expectActive(token, true)
      }
      refreshes[user] = (refreshes[user] ?? 0) + 1
      checkGoal()
    }
    await post('revoke', { token: tokens.refresh_token })
    for (const token of [tokens.refresh_token, tokens.access_token]) {
      await expectActive(token, false)
    }
    signIns += 1
  }

  const running = refreshes.map(async (_, user) => {
    while (!isOver && failures.length === 0) {
      await use(user).catch((error: unknown) => failures.push(String(error)))
      checkGoal()
    }
  })

  return {
    failures,
    get signIns() {
      return signIns
    },
    get refreshes() {
      return refreshes.reduce((sum, count) => sum + count, 0)
    },
    async onceRound() {
      const goal = refreshes.map((count) => count + REFRESHES_PER_SIGN_IN)
      const { promise, resolve } = Promise.withResolvers<void>()
      checkGoal = () => {
        const isReached = goal.every((count, user) => (refreshes[user] ?? 0) >= count)
        if (isReached || failures.length > 0) resolve()
      }
      checkGoal()
      await promise
    },
    async stop() {
      isOver = true
      await Promise.all(running)
    },
  }
}
