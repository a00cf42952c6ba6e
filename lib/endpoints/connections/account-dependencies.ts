import type { Client } from '../../clients/client.ts'
import type { Connections, Disconnect } from '../../connections/connections.ts'
import { CONNECTIONS_PATH } from '../../http/paths.ts'
import type { SignInDependencies } from '../../http/sign-in.ts'
import type { Pages } from '../../pages/pages.ts'
import type { AccountCookies } from './account-cookies.ts'
import type { CurrentUserDependencies } from './current-user.ts'

/** Dependencies of the account pages. */
export interface AccountDependencies extends SignInDependencies, CurrentUserDependencies {
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
