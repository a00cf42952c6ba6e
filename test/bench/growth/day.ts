/**
 * A day of traffic while the clock of the server hurries: users who come again and again authorize, use and revoke.
 *
 * @module
 */

import { SCENARIOS } from '../scenarios.ts'
import type { StoreName } from '../servers.ts'
import type { HourFigures } from './growth-figures.ts'
import type { GrowthServer } from './growth-server.ts'

/** Until here the server compiles its code, and the first records expire. */
const FIRST_HOUR = 4
const LAST_HOUR = 24
const QUARTERS = 4

/** A day. */
export interface DayEffort {
  readonly users: number
  /** How often each user comes in a quarter of an hour. */
  readonly visits: number
}

const REQUESTS_OF_A_VISIT = 6

/** Lives a day. @returns What there was when the first records had expired, in the middle, and at the end. */
export async function liveADay(
  store: StoreName,
  server: GrowthServer,
  { users, visits }: DayEffort,
): Promise<ReadonlyArray<HourFigures>> {
  const visitors = await Promise.all(
    server.connect(users).map(async (connection) => {
      await connection.signIn()
      const { step: authenticateClient } = await SCENARIOS.client_credentials(connection)
      return async (): Promise<void> => {
        const { refresh_token } = await connection.issueTokens()
        const refreshed = await connection.requestTokens({
          grant_type: 'refresh_token',
          refresh_token,
        })
        await connection.post('/oauth/introspect', { token: refreshed.access_token })
        await connection.post('/oauth/revoke', { token: refreshed.refresh_token })
        await authenticateClient()
      }
    }),
  )
  const figures: Array<HourFigures> = []
  for (let quarter = 1; quarter <= LAST_HOUR * QUARTERS; quarter += 1) {
    for (let visit = 0; visit < visits; visit += 1) {
      await Promise.all(visitors.map((come) => come()))
    }
    await server.perform({ task: 'move clock', seconds: 3600 / QUARTERS })
    const hour = quarter / QUARTERS
    if (![FIRST_HOUR, LAST_HOUR / 2, LAST_HOUR].includes(hour)) continue
    const { records, ...memory } = await server.perform({ task: 'take stock' })
    const requests = quarter * visits * users * REQUESTS_OF_A_VISIT
    figures.push({ store, hour, requests, ...memory, ...(records !== undefined && { records }) })
  }
  return figures
}
