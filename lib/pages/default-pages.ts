/**
 * The default pages.
 *
 * @module
 */

import { renderAccessRefusedPage } from './access-refused-page.ts'
import { renderConnectionsPage } from './connections-page.ts'
import { renderConsentPage } from './consent-page.ts'
import { renderErrorPage } from './error-page.ts'
import type { Pages } from './pages.ts'
import { renderSelectAccountPage } from './select-account-page.ts'
import { renderSignInPage } from './sign-in-page.ts'

/** The default renderers of all pages, in Teamcast's design. */
export const defaultPages: Pages = {
  signIn: renderSignInPage,
  selectAccount: renderSelectAccountPage,
  consent: renderConsentPage,
  accessRefused: renderAccessRefusedPage,
  connections: renderConnectionsPage,
  error: renderErrorPage,
}
