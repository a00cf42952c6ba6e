/**
 * Views for tests: one of every page, filled with a given text or with ordinary values.
 *
 * @module
 */

import { scopeViewsOf } from '../../lib/http/page-views.ts'
import { renderAccessRefusedPage } from '../../lib/pages/access-refused-page.ts'
import { type Brand, TEAMCAST_BRAND, toBrand } from '../../lib/pages/brand.ts'
import { renderConnectionsPage } from '../../lib/pages/connections-page.ts'
import { renderConsentPage } from '../../lib/pages/consent-page.ts'
import { renderErrorPage } from '../../lib/pages/error-page.ts'
import {
  type BuiltInLanguage,
  ENGLISH_PAGES,
  toPageLanguage,
} from '../../lib/pages/languages/page-language.ts'
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
  PageContext,
  ScopeView,
  SelectAccountView,
  SignInView,
} from '../../lib/pages/pages.ts'
import { renderSelectAccountPage } from '../../lib/pages/select-account-page.ts'
import { renderSignInPage } from '../../lib/pages/sign-in-page.ts'
import { TEAMCAST_SCOPES } from '../../lib/scopes/scope-catalogue.ts'
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

/** English pages of Teamcast. */
export const CONTEXT: PageContext = { brand: TEAMCAST_BRAND, language: ENGLISH_PAGES }

export const SIGN_IN: SignInView = {
  ...CONTEXT,
  client: CLIENT,
  form: FORM,
  username: '',
  problem: undefined,
  retryAfterSeconds: undefined,
}
export const SELECT_ACCOUNT: SelectAccountView = {
  ...CONTEXT,
  client: CLIENT,
  form: FORM,
  user: USER,
}
export const CONSENT: ConsentView = {
  ...CONTEXT,
  client: CLIENT,
  form: FORM,
  user: USER,
  scopes: SCOPES,
  grantedScopes: [],
  connectionsUrl: 'https://login.teamcast.test/account/connections',
}
export const ACCESS_REFUSED: AccessRefusedView = {
  ...CONTEXT,
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
  ...CONTEXT,
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
  ...CONTEXT,
  kind: 'invalid-request',
  error: 'invalid_request',
  description: '"redirect_uri" is not registered for this client',
  client: undefined,
}

/** A brand with everything that one can have. */
export const BRAND: Brand = toBrand({
  name: 'Talentbahn',
  logoUrl: `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3.5" fill="#0b6b57"/></svg>')}`,
  accentColor: '#0b6b57',
  links: {
    forgotPassword: 'https://talentbahn.example/forgot',
    createAccount: 'https://talentbahn.example/join',
    support: 'https://talentbahn.example/help',
    privacy: 'https://talentbahn.example/privacy',
  },
})

/** Pages by name, with ordinary values. */
export function renderOrdinaryPages(
  context: PageContext = CONTEXT,
): Readonly<Record<string, HtmlPage>> {
  const signIn = { ...SIGN_IN, ...context }
  const consent = { ...CONSENT, ...context }
  const refused = { ...ACCESS_REFUSED, ...context }
  const connections = { ...CONNECTIONS, ...context }
  return {
    'sign-in': renderSignInPage(signIn),
    'sign-in-again': renderSignInPage({
      ...signIn,
      username: USER.email,
      problem: 'invalid-credentials',
    }),
    'sign-in-locked': renderSignInPage({
      ...signIn,
      client: BARE_CLIENT,
      username: USER.email,
      problem: 'too-many-attempts',
      retryAfterSeconds: 300,
    }),
    'sign-in-unavailable': renderSignInPage({
      ...signIn,
      username: USER.email,
      problem: 'user-unavailable',
    }),
    'select-account': renderSelectAccountPage({ ...SELECT_ACCOUNT, ...context }),
    consent: renderConsentPage(consent),
    'consent-bare-client': renderConsentPage({ ...consent, client: BARE_CLIENT }),
    'consent-sensitive': renderConsentPage({ ...consent, scopes: [SENSITIVE_SCOPE, ...SCOPES] }),
    'consent-many': renderConsentPage({ ...consent, scopes: MANY_SCOPES }),
    'consent-more': renderConsentPage({
      ...consent,
      scopes: SCOPES.slice(0, 1),
      grantedScopes: SCOPES.slice(1),
    }),
    'access-refused': renderAccessRefusedPage(refused),
    'access-refused-by-host': renderAccessRefusedPage({
      ...refused,
      reason: 'client-refused',
    }),
    'access-refused-other-account': renderAccessRefusedPage({
      ...refused,
      reason: 'other-account',
    }),
    'sign-in-without-client': renderSignInPage({ ...signIn, client: undefined }),
    connections: renderConnectionsPage(connections),
    'connections-after': renderConnectionsPage({
      ...connections,
      disconnectedName: 'Acme Recruiter',
      connections: connections.connections.slice(1),
    }),
    'connections-none': renderConnectionsPage({
      ...connections,
      connections: [],
      canSignOut: false,
    }),
    ...Object.fromEntries(
      ERROR_KINDS.map((kind) => [`error-${kind}`, renderErrorPage({ ...ERROR, ...context, kind })]),
    ),
  }
}

/**
 * Pages by name in a language, with a brand and the sentences of Teamcast's scopes.
 */
export function renderPagesIn(
  given: BuiltInLanguage,
  brand: Brand = BRAND,
): Readonly<Record<string, HtmlPage>> {
  const language = toPageLanguage(given)
  const context = { brand, language }
  const scopes = scopeViewsOf(Object.keys(TEAMCAST_SCOPES), TEAMCAST_SCOPES, language)
  const connections = CONNECTIONS.connections.map((each) => ({
    ...each,
    scopes: each.scopes.length === 0 ? [] : scopes,
  }))
  return {
    ...renderOrdinaryPages(context),
    consent: renderConsentPage({ ...CONSENT, ...context, scopes: scopes.slice(0, 4) }),
    'consent-many': renderConsentPage({ ...CONSENT, ...context, scopes }),
    connections: renderConnectionsPage({ ...CONNECTIONS, ...context, connections }),
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
    'select-account': renderSelectAccountPage({ ...CONTEXT, client, form, user }),
    consent: renderConsentPage({ ...CONSENT, client, form, user, scopes, grantedScopes: scopes }),
    'access-refused': renderAccessRefusedPage({
      ...CONTEXT,
      client,
      form,
      user,
      reason: 'tenant-refused',
    }),
    'access-refused-by-host': renderAccessRefusedPage({
      ...CONTEXT,
      client,
      form,
      user,
      reason: 'client-refused',
    }),
    'access-refused-other-account': renderAccessRefusedPage({
      ...CONTEXT,
      client,
      form,
      user,
      reason: 'other-account',
    }),
    'sign-in-without-client': renderSignInPage({
      ...CONTEXT,
      client: undefined,
      form,
      username: text,
      problem: 'too-many-attempts',
      retryAfterSeconds: 300,
    }),
    connections: renderConnectionsPage({
      ...CONTEXT,
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
      ...CONTEXT,
      kind: 'server-error',
      error: text,
      description: text,
      client: { name: text, url: 'https://acme.example/' },
    }),
  }
}
