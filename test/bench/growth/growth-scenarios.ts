/**
 * What is measured beside the paths of the other benchmark: one step, over and over, on one connection.
 *
 * @module
 */

import { BENCH_CLIENT_SECRET, BENCH_SCOPES } from '../fixture.ts'
import type { Connection, PreparedScenario } from '../scenarios.ts'
import { clientIdOf } from './add-clients.ts'

const CLIENTS_PATH = '/super-admin/oauth-clients'

/** What SuperAdmins ask of the list. The names are those of `add-clients.ts`; every size fills the page, or has as much. */
export const CLIENT_LISTS: Readonly<Record<string, string>> = {
  'list clients': '?limit=10',
  'list clients of a tenant': '?limit=10&tenantId=tenant-0',
  'search a common name': '?limit=10&name=partner',
  'search the name of the oldest': '?limit=10&name=application%200',
  'search a name that nobody has': '?limit=10&name=nobody%20has%20this',
  'search two characters that nobody has': '?limit=10&name=xq',
}

/** A list of clients. */
export function list(query: string): (connection: Connection) => PreparedScenario {
  return (connection) => ({
    async step() {
      await connection.get(CLIENTS_PATH + query)
    },
  })
}

/** Client credentials, each time of another client. */
export function tokensOfAnyClient(connection: Connection, clients: number): PreparedScenario {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: BENCH_SCOPES.join(' '),
  }).toString()
  let number = Math.floor(Math.random() * clients)
  return {
    async step() {
      number = (number + 7919) % clients // a prime: all clients take their turn
      const credentials = Buffer.from(`${clientIdOf(number)}:${BENCH_CLIENT_SECRET}`)
      const headers = {
        authorization: `Basic ${credentials.toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      }
      await connection.send(200, '/oauth/token', { method: 'POST', headers, body })
    },
  }
}

/** Refreshes families in turn. @param tokens Theirs, which are replaced. */
export function refreshFamilies(connection: Connection, tokens: Array<string>): PreparedScenario {
  return {
    async step() {
      const token = tokens.shift() ?? ''
      const grant = { grant_type: 'refresh_token', refresh_token: token }
      tokens.push((await connection.requestTokens(grant)).refresh_token)
    },
  }
}

/** Introspects refresh tokens in turn. */
export function introspectFamilies(
  connection: Connection,
  tokens: ReadonlyArray<string>,
): PreparedScenario {
  let next = 0
  return {
    async step() {
      next += 1
      const token = tokens[next % tokens.length] ?? ''
      const { body } = await connection.post('/oauth/introspect', { token })
      if (!body.includes('"active":true')) throw new Error(`not active: ${body}`)
    },
  }
}

/** Revokes families, one after the other. @param tokens Theirs, which are used up. */
export function revokeFamilies(connection: Connection, tokens: Array<string>): PreparedScenario {
  return {
    async step() {
      const token = tokens.pop()
      if (token === undefined) throw new Error('there is no family left to revoke')
      await connection.post('/oauth/revoke', { token })
    },
  }
}
