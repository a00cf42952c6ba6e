import type { Client } from '../../clients/client.ts'
import type { Connections, Disconnect } from '../../consent/connections.ts'
import type { Pages } from '../../pages/pages.ts'
import { CONNECTIONS_PATH } from '../paths.ts'
import type { SignInDependencies } from '../sign-in.ts'
import type { AccountCookies } from './account-cookies.ts'
import type { VisitorDependencies } from './visitor.ts'

/** What the account pages work with. */
export interface AccountDependencies extends SignInDependencies, VisitorDependencies {
  readonly issuer: string
  readonly connections: Pick<Connections, 'list'>
  readonly disconnect: Disconnect
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly cookies: AccountCookies
  readonly pages: Pages
}

/** The URL of the page with a user's connections. */
export function connectionsUrl({ issuer }: Pick<AccountDependencies, 'issuer'>): string {
  return issuer + CONNECTIONS_PATH
}
