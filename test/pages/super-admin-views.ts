/**
 * Views of the SuperAdmin pages for tests: one of every page, with ordinary values or filled with a given text.
 *
 * @module
 */

import type { ClientIssue } from '../../lib/errors.ts'
import { scopeViewsOf } from '../../lib/http/page-views.ts'
import { SUPER_ADMIN_ENGLISH } from '../../lib/pages/languages/super-admin-english.ts'
import type { HtmlPage, PageContext } from '../../lib/pages/pages.ts'
import { EMPTY_FORM } from '../../lib/pages/super-admin/client-form.ts'
import { renderClientPage } from '../../lib/pages/super-admin/client-page.ts'
import { renderClientsPage } from '../../lib/pages/super-admin/clients-page.ts'
import { renderProblemPage } from '../../lib/pages/super-admin/problem-page.ts'
import {
  renderDeletionPage,
  renderRemovalPage,
} from '../../lib/pages/super-admin/question-pages.ts'
import { renderRegistrationPage } from '../../lib/pages/super-admin/registration-page.ts'
import {
  renderNewSecretPage,
  renderShownSecretPage,
} from '../../lib/pages/super-admin/secret-pages.ts'
import { createSuperAdminUrls } from '../../lib/pages/super-admin/urls.ts'
import type {
  ClientChoicesView,
  ProblemView,
  SuperAdminContext,
} from '../../lib/pages/super-admin/views.ts'
import { TEAMCAST_SCOPES } from '../../lib/scopes/scope-catalogue.ts'
import type { Client, ClientSecret } from '../../lib/storage/client.ts'
import { CONTEXT, NOW } from './page-views.ts'

const ISSUER = 'https://login.teamcast.test'
const DAY_SECONDS = 24 * 60 * 60

/** A client with an expired secret, one in use and one that was never used. */
function clientWith(text: string): Client {
  const secret: ClientSecret = {
    secretId: 'secret-1',
    hint: text.slice(0, 8),
    createdAt: NOW - 90 * DAY_SECONDS,
    expiresAt: undefined,
    lastUsedAt: NOW - 3600,
  }
  const url = `https://acme.example/${text}`
  return {
    clientId: text,
    name: text,
    audience: 'TENANT',
    tenantId: text,
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read', text],
    redirectUris: [url],
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: true,
    resourceServerAudiences: [url],
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 2_592_000,
    ...{ clientUri: url, logoUrl: url, tosUri: url, policyUri: url },
    createdAt: NOW - 90 * DAY_SECONDS,
    updatedAt: NOW - 2 * DAY_SECONDS,
    version: 7,
    secrets: [
      { ...secret, secretId: 'secret-0', expiresAt: NOW - DAY_SECONDS },
      secret,
      { ...secret, secretId: 'secret-2', expiresAt: NOW + 40 * DAY_SECONDS, lastUsedAt: undefined },
    ],
  }
}

function choicesIn({ language }: PageContext): ClientChoicesView {
  const both = ['CONFIDENTIAL', 'PUBLIC'] as const
  return {
    scopes: scopeViewsOf(Object.keys(TEAMCAST_SCOPES), TEAMCAST_SCOPES, language),
    grantTypes: [
      { name: 'authorization_code', clientTypes: both },
      { name: 'client_credentials', clientTypes: ['CONFIDENTIAL'] },
    ],
    authenticationMethods: [
      { name: 'client_secret_basic', clientTypes: ['CONFIDENTIAL'] },
      { name: 'client_secret_post', clientTypes: ['CONFIDENTIAL'] },
      { name: 'none', clientTypes: ['PUBLIC'] },
    ],
  }
}

/**
 * Pages by name.
 *
 * @param text Stands wherever somebody has chosen the text.
 */
export function renderSuperAdminPages(
  text = 'Acme Recruiter',
  pageContext: PageContext = CONTEXT,
): Readonly<Record<string, HtmlPage>> {
  const context: SuperAdminContext = {
    ...pageContext,
    urls: createSuperAdminUrls(ISSUER),
    csrf: text,
    superAdminId: text,
    signOutUrl: `/sign-out?${text}`,
    flashMessage: { kind: 'registered', clientName: text },
    now: NOW,
  }
  const client = clientWith(text)
  const [secret] = client.secrets as [ClientSecret, ...ReadonlyArray<ClientSecret>]
  const choices = choicesIn(pageContext)
  const form = { ...EMPTY_FORM, ...{ name: text, audience: 'TENANT', redirectUris: text } }
  const issues: ReadonlyArray<ClientIssue> = [
    { path: 'name', message: text, rule: 'too-short', values: { minimum: 3 } },
    { path: 'redirectUris.0', message: text, rule: 'redirect-uri-not-absolute' },
    { path: 'scopes.0', message: text, rule: 'scope-unknown', values: { scope: text } },
    {
      path: 'tokenEndpointAuthMethod',
      message: text,
      rule: 'method-of-confidential',
      values: { allowed: [text, text], method: [text] },
    },
    {
      path: 'accessTokenTtlSeconds',
      message: text,
      rule: 'lifetime-too-long',
      values: { maximum: DAY_SECONDS },
    },
    { path: text, message: text },
  ]
  const about = { ...context, client }
  const submission = { choices, submissionId: text }
  return {
    clients: renderClientsPage({
      ...{ ...context, clients: [client, client], isContinued: true, nextCursor: text },
      filters: { name: text, tenantId: text },
    }),
    'clients-empty': renderClientsPage({
      ...{ ...context, clients: [], isContinued: false, nextCursor: undefined, filters: {} },
    }),
    'clients-none': renderClientsPage({
      ...{ ...context, clients: [], isContinued: false, nextCursor: undefined },
      filters: { name: text },
    }),
    registration: renderRegistrationPage({
      ...{ ...context, ...submission, form: EMPTY_FORM, rejection: undefined },
    }),
    'registration-wrong': renderRegistrationPage({
      ...{ ...context, ...submission, form, rejection: { kind: 'invalid', issues } },
    }),
    client: renderClientPage({ ...about, ...submission }),
    'client-conflict': renderClientPage({
      ...{ ...about, ...submission, rejected: { rejection: { kind: 'conflict' }, form } },
    }),
    'new-secret': renderNewSecretPage({ ...about, issuer: ISSUER, clientSecret: text }),
    'shown-secret': renderShownSecretPage(about),
    deletion: renderDeletionPage(about),
    removal: renderRemovalPage({ ...about, secret }),
  }
}

/** The pages of problems by name. They show no text of anybody. */
export function renderSuperAdminProblems(
  context: PageContext = CONTEXT,
): Readonly<Record<string, HtmlPage>> {
  const urls = createSuperAdminUrls(ISSUER)
  const kinds = Object.keys(SUPER_ADMIN_ENGLISH.problems) as ReadonlyArray<ProblemView['kind']>
  return Object.fromEntries(
    kinds.map((kind) => [`problem-${kind}`, renderProblemPage({ ...context, kind, urls })]),
  )
}
