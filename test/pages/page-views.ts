/**
 * Views for tests: one of every page, filled with a given text or with ordinary values.
 *
 * @module
 */

import { renderAccessRefusedPage } from '../../lib/pages/access-refused-page.ts'
import { renderConnectionsPage } from '../../lib/pages/connections-page.ts'
import { renderConsentPage } from '../../lib/pages/consent-page.ts'
import { renderErrorPage } from '../../lib/pages/error-page.ts'
import type {
  AccessRefusedView,
  ClientView,
  ConnectionsView,
  ConnectionView,
  ConsentView,
  ErrorKind,
  ErrorView,
  FormView,
  HtmlPage,
  ScopeView,
  SelectAccountView,
  SignInView,
} from '../../lib/pages/pages.ts'
import { renderSelectAccountPage } from '../../lib/pages/select-account-page.ts'
import { renderSignInPage } from '../../lib/pages/sign-in-page.ts'
import type { User } from '../../lib/users/user.ts'

/** All kinds of errors. The type makes the list complete. */
const ERROR_KIND_SET: Readonly<Record<ErrorKind, true>> = {
  'request-expired': true,
  'request-finished': true,
  'other-browser': true,
  'form-rejected': true,
  'invalid-request': true,
  'method-not-allowed': true,
  'temporarily-unavailable': true,
  'server-error': true,
}
export const ERROR_KINDS = Object.keys(ERROR_KIND_SET) as ReadonlyArray<ErrorKind>

export const CLIENT: ClientView = {
  name: 'Acme Recruiter',
  clientUri: 'https://acme.example/',
  logoUrl: 'https://cdn.acme.example/logo.svg',
  tosUri: 'https://acme.example/terms',
  policyUri: 'https://acme.example/privacy',
  redirectHost: 'acme.example',
}

/** A client that registered nothing but its name. */
export const BARE_CLIENT: ClientView = {
  name: 'Acme Recruiter',
  clientUri: undefined,
  logoUrl: undefined,
  tosUri: undefined,
  policyUri: undefined,
  redirectHost: '127.0.0.1:52731',
}

export const USER: User = {
  userId: 'user-1',
  tenantId: 'tenant-1',
  name: 'Ada Lovelace',
  email: 'ada@acme.test',
}

export const FORM: FormView = {
  url: '/oauth/continue',
  hidden: { prt: 'pending-request-token', csrf: 'form-token' },
}

/** Texts that try to be more than text. Those that run set `isHacked`. */
export const HOSTILE_TEXTS: ReadonlyArray<string> = [
  '"><script>isHacked = true</script>',
  "'><img src=x onerror='isHacked = true'>",
  '" autofocus onfocus="isHacked = true" x="',
  '</title></style></textarea><svg onload=isHacked=true>',
  '<!-- <plaintext>',
  'javascript:isHacked=true',
  '&lt;b&gt;&amp;quot;&#x3c;',
  '`!$' + '{1 + 1}`',
  '\u202Emoc.live\u202C\u2066\0\uFFFF',
]

export const SCOPES: ReadonlyArray<ScopeView> = [
  scopeView('interview:read', 'See your interviews and their results'),
  scopeView('interview:create', 'Schedule interviews on your behalf'),
  scopeView('candidate:read', 'See the candidates you have access to'),
]
export const SENSITIVE_SCOPE: ScopeView = {
  ...scopeView('interview:delete', 'Delete interviews you can edit'),
  isSensitive: true,
}
/** As many as are grouped. */
export const MANY_SCOPES: ReadonlyArray<ScopeView> = [
  SENSITIVE_SCOPE,
  ...SCOPES,
  scopeView('interview:update', 'Change interviews you can edit'),
]

function scopeView(scope: string, description: string): ScopeView {
  return { scope, description, isSensitive: false }
}

export const SIGN_IN: SignInView = {
  client: CLIENT,
  form: FORM,
  username: '',
  problem: undefined,
  retryAfterSeconds: undefined,
}
export const SELECT_ACCOUNT: SelectAccountView = { client: CLIENT, form: FORM, user: USER }
export const CONSENT: ConsentView = {
  client: CLIENT,
  form: FORM,
  user: USER,
  scopes: SCOPES,
  grantedScopes: [],
  connectionsUrl: 'https://login.teamcast.test/account/connections',
}
export const ACCESS_REFUSED: AccessRefusedView = {
  client: CLIENT,
  form: FORM,
  user: USER,
  reason: 'tenant-refused',
}

/** Noon of 25 March 2026. */
export const NOW = Date.UTC(2026, 2, 25, 12) / 1000
const DAY_SECONDS = 24 * 60 * 60
const { redirectHost: _host, ...CONNECTED_CLIENT } = CLIENT
export const CONNECTION: ConnectionView = {
  ...CONNECTED_CLIENT,
  clientId: 'tc_acme',
  scopes: SCOPES,
  connectedAt: NOW - 22 * DAY_SECONDS,
  lastUsedAt: NOW - 3600,
}
const { redirectHost: _bareHost, ...BARE_CONNECTED_CLIENT } = BARE_CLIENT
/** A connection of a client that registered nothing but its name, was never used and lost its scopes. */
export const BARE_CONNECTION: ConnectionView = {
  ...BARE_CONNECTED_CLIENT,
  name: 'Globex Talent Pool',
  clientId: 'tc_globex',
  scopes: [],
  connectedAt: NOW - 400 * DAY_SECONDS,
  lastUsedAt: undefined,
}
export const CONNECTIONS: ConnectionsView = {
  form: FORM,
  user: USER,
  connections: [
    CONNECTION,
    {
      ...CONNECTION,
      name: 'Workday',
      clientId: 'tc_workday',
      logoUrl: 'https://workday.example/logo.svg',
      clientUri: 'https://workday.example/',
      tosUri: undefined,
      scopes: SCOPES.slice(0, 1),
      connectedAt: NOW - 60 * DAY_SECONDS,
      lastUsedAt: NOW - 2 * DAY_SECONDS,
    },
    BARE_CONNECTION,
  ],
  disconnectedName: undefined,
  canSignOut: true,
  now: NOW,
}
export const ERROR: ErrorView = {
  kind: 'invalid-request',
  error: 'invalid_request',
  description: '"redirect_uri" is not registered for this client',
  client: undefined,
}

/** Pages by name, with ordinary values. */
export function renderOrdinaryPages(): Readonly<Record<string, HtmlPage>> {
  return {
    'sign-in': renderSignInPage(SIGN_IN),
    'sign-in-again': renderSignInPage({
      ...SIGN_IN,
      username: USER.email,
      problem: 'invalid-credentials',
    }),
    'sign-in-locked': renderSignInPage({
      ...SIGN_IN,
      client: BARE_CLIENT,
      username: USER.email,
      problem: 'too-many-attempts',
      retryAfterSeconds: 300,
    }),
    'sign-in-unavailable': renderSignInPage({
      ...SIGN_IN,
      username: USER.email,
      problem: 'user-unavailable',
    }),
    'select-account': renderSelectAccountPage(SELECT_ACCOUNT),
    consent: renderConsentPage(CONSENT),
    'consent-bare-client': renderConsentPage({ ...CONSENT, client: BARE_CLIENT }),
    'consent-sensitive': renderConsentPage({ ...CONSENT, scopes: [SENSITIVE_SCOPE, ...SCOPES] }),
    'consent-many': renderConsentPage({ ...CONSENT, scopes: MANY_SCOPES }),
    'consent-more': renderConsentPage({
      ...CONSENT,
      scopes: SCOPES.slice(0, 1),
      grantedScopes: SCOPES.slice(1),
    }),
    'access-refused': renderAccessRefusedPage(ACCESS_REFUSED),
    'access-refused-by-host': renderAccessRefusedPage({
      ...ACCESS_REFUSED,
      reason: 'client-refused',
    }),
    'access-refused-other-account': renderAccessRefusedPage({
      ...ACCESS_REFUSED,
      reason: 'other-account',
    }),
    'sign-in-without-client': renderSignInPage({ ...SIGN_IN, client: undefined }),
    connections: renderConnectionsPage(CONNECTIONS),
    'connections-after': renderConnectionsPage({
      ...CONNECTIONS,
      disconnectedName: 'Acme Recruiter',
      connections: CONNECTIONS.connections.slice(1),
    }),
    'connections-none': renderConnectionsPage({
      ...CONNECTIONS,
      connections: [],
      canSignOut: false,
    }),
    ...Object.fromEntries(
      ERROR_KINDS.map((kind) => [`error-${kind}`, renderErrorPage({ ...ERROR, kind })]),
    ),
  }
}

/**
 * Pages by name, with one text in every string that a page can show.
 *
 * @param text Hostile or long text.
 */
export function renderPagesFilledWith(text: string): Readonly<Record<string, HtmlPage>> {
  const client: ClientView = {
    name: text,
    clientUri: `https://acme.example/${text}`,
    logoUrl: `https://cdn.acme.example/${text}`,
    tosUri: `https://acme.example/terms?${text}`,
    policyUri: `https://acme.example/privacy#${text}`,
    redirectHost: text,
  }
  const form: FormView = { url: `/oauth/continue?prt=${text}`, hidden: { [text]: text } }
  const user: User = { userId: text, tenantId: text, name: text, email: text }
  const scopes = [
    { scope: text, description: text, isSensitive: false },
    { scope: text, description: text, isSensitive: true },
  ]
  return {
    'sign-in': renderSignInPage({
      ...SIGN_IN,
      client,
      form,
      username: text,
      problem: 'invalid-credentials',
    }),
    'select-account': renderSelectAccountPage({ client, form, user }),
    consent: renderConsentPage({ ...CONSENT, client, form, user, scopes, grantedScopes: scopes }),
    'access-refused': renderAccessRefusedPage({ client, form, user, reason: 'tenant-refused' }),
    'access-refused-by-host': renderAccessRefusedPage({
      client,
      form,
      user,
      reason: 'client-refused',
    }),
    'access-refused-other-account': renderAccessRefusedPage({
      client,
      form,
      user,
      reason: 'other-account',
    }),
    'sign-in-without-client': renderSignInPage({
      client: undefined,
      form,
      username: text,
      problem: 'too-many-attempts',
      retryAfterSeconds: 300,
    }),
    connections: renderConnectionsPage({
      form,
      user,
      connections: [
        { ...client, clientId: text, scopes, connectedAt: NOW, lastUsedAt: NOW },
        { ...client, clientId: text, scopes, connectedAt: 0, lastUsedAt: 0 },
      ],
      disconnectedName: text,
      canSignOut: true,
      now: NOW,
    }),
    error: renderErrorPage({
      kind: 'server-error',
      error: text,
      description: text,
      client: { name: text, url: 'https://acme.example/' },
    }),
  }
}
