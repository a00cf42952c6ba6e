/**
 * The corpus: requests that once showed a problem, as the fuzzer printed them, and some that are hard. Add each
 * finding.
 *
 * @module
 */

import type { FuzzRequest } from './fuzz-request.ts'

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const

export const FOUND_REQUESTS: ReadonlyArray<FuzzRequest> = [
  {
    method: 'GET',
    path: '/oauth/authorize',
    query: [
      { name: 'client_id', value: '{clientId}' },
      { name: 'redirect_uri', value: '{redirectUri}' },
      { name: 'state', value: '{refreshToken}\0\u202E' },
      { name: 'id_token_hint', value: '{idToken}{x5000}' },
      { name: 'login_hint', value: '{password}' },
    ],
    headers: [['Cookie', '{sessionCookies}; {pageCookies}; {sessionCookies}']],
    body: undefined,
  },
  {
    method: 'POST',
    path: '/oauth/token',
    query: [],
    headers: [FORM],
    body: [
      { name: 'grant_type', value: 'refresh_token' },
      { name: 'refresh_token', value: '{refreshToken}' },
      { name: 'client_id', value: '{clientSecret}' },
    ],
  },
  {
    method: 'POST',
    path: '/oauth/token',
    query: [],
    headers: [FORM, ['Authorization', '{basic}']],
    body: [
      { name: 'grant_type', value: '{accessToken}' },
      { name: 'scope', value: '{refreshToken}' },
    ],
    sentPart: 0.9,
  },
  {
    method: 'POST',
    path: '/oauth/continue?prt={pendingRequestToken}',
    query: [],
    headers: [FORM, ['Cookie', '{pageCookies}'], ['Origin', '{issuer}']],
    body: [
      { name: 'csrf', value: '{pageCsrf}' },
      { name: 'action', value: 'sign-in' },
      { name: 'username', value: '{password}' },
      { name: 'password', value: 'ada@acme.test' },
    ],
  },
  {
    method: 'PATCH',
    path: '/super-admin/oauth-clients/{clientSecret}',
    query: [],
    headers: [
      ['Content-Type', 'application/json'],
      ['Authorization', 'Bearer {superAdminToken}'],
    ],
    body: '{"name":"\\ud800","redirectUris":{"length":1e9},"__proto__":{"scopes":[]}}',
  },
]
