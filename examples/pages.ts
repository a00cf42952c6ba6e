/**
 * The pages of both applications, except the SuperAdmin's.
 *
 * @module
 */

import { html } from 'ghtml'
import { DEMO_PASSWORD, DEMO_USERS } from './demo-users.ts'
import { type FlashMessage, renderFlashMessage } from './flash-message.ts'
import type { Brand, DocumentParts } from './layout.ts'
import type { Identity } from './partner-identity.ts'
import { renderPerson } from './person.ts'

const TEAMCAST: Brand = {
  name: 'Teamcast',
  look: 'host',
  tagline: 'the example host',
  color: '#2f4bd6',
}
const ACME_RECRUITER: Brand = {
  name: 'Acme Recruiter',
  look: 'partner',
  tagline: 'a demo partner of Teamcast',
  color: '#0b6b57',
}

/** The host's home page. */
export function welcomePage(issuer: string, partnerUrl: string | undefined): DocumentParts {
  const partner =
    partnerUrl === undefined
      ? html`<p class="muted">The demo partner is turned off (<code>CLIENT_PORT=0</code>).</p>`
      : html`<p><a class="button primary" href="${partnerUrl}">Open Acme Recruiter</a></p>`
  return {
    brand: TEAMCAST,
    title: 'Teamcast, the example host',
    content: html`<h1>The authorization server is running</h1>
<p class="lead">This host application mounts “Sign in with Teamcast” and has an interview API that
accepts its access tokens. A partner’s application uses both.</p>
!${partner}
<section aria-labelledby="users">
<h2 id="users">Who can sign in</h2>
!${renderDemoUsers()}
</section>
<section aria-labelledby="pages">
<h2 id="pages">Who can do what</h2>
<dl class="rows">
<div><dt>Users</dt><dd><a href="${connectionsUrl(issuer)}">Manage connected applications</a></dd></div>
<div><dt>SuperAdmins</dt><dd><a href="${issuer}/super-admin">Register and change clients</a>, with the token in the
terminal</dd></div>
</dl>
</section>
<section aria-labelledby="endpoints">
<h2 id="endpoints">Look inside</h2>
<ul>
<li><a href="${issuer}/.well-known/oauth-authorization-server">Server metadata</a></li>
<li><a href="${issuer}/.well-known/jwks.json">Public keys</a></li>
</ul>
</section>`,
  }
}

/** The page where users manage their connections. */
function connectionsUrl(issuer: string): string {
  return `${issuer}/account/connections`
}

function renderDemoUsers(): string {
  const users = DEMO_USERS.map(
    ({ name, email, tenantId }) =>
      html`<div><dt><code>${email}</code></dt><dd>${name}, workspace ${tenantId}</dd></div>`,
  )
  return html`<dl class="rows">!${users}
<div><dt>Password for all</dt><dd><code>${DEMO_PASSWORD}</code></dd></div></dl>`
}

/** The result of the partner's last action. */
export interface Outcome extends FlashMessage {
  /** The response of Teamcast or its API. */
  readonly json?: string
}

/** The partner's registration at Teamcast. */
export interface RegistrationView {
  readonly issuer: string
  readonly clientId: string
  /** Whether it replaces the original registration. */
  readonly isReplaced: boolean
  /** The redirect URI that a registration must have. */
  readonly redirectUri: string
  readonly scopes: ReadonlyArray<string>
}

/** The partner's page for a signed-out user. */
export function signedOutPage(
  registration: RegistrationView,
  outcome: Outcome | undefined,
): DocumentParts {
  return {
    brand: ACME_RECRUITER,
    title: 'Acme Recruiter',
    content: html`!${renderFlashMessage(outcome)}
<h1>Plan your interviews with Acme Recruiter</h1>
<p class="lead">It uses the interviews in your Teamcast workspace, with your consent. It never sees your
Teamcast password.</p>
<p><a class="button primary" href="/sign-in">Sign in with Teamcast</a></p>
<section aria-labelledby="users">
<h2 id="users">Demo accounts</h2>
!${renderDemoUsers()}
</section>
<section aria-labelledby="registration">
<h2 id="registration">Registration at Teamcast</h2>
!${renderRegistration(registration)}
</section>`,
  }
}

function renderRegistration(registration: RegistrationView): string {
  const { issuer, clientId, isReplaced, redirectUri, scopes } = registration
  const codes = scopes.map((scope) => html`<code>${scope}</code> `)
  const ownAgain = html`<form method="post" action="/own-registration"><button class="button secondary">Use its own
registration again</button></form>`
  return html`<p>Acme Recruiter is the client <code>${clientId}</code>. To try another
registration, create one <a href="${issuer}/super-admin">as a SuperAdmin at
Teamcast</a>:</p>
<dl class="rows">
<div><dt>Client type</dt><dd>Confidential</dd></div>
<div><dt>Redirect URI</dt><dd><code>${redirectUri}</code></dd></div>
<div><dt>Scopes</dt><dd>!${codes}</dd></div>
</dl>
<details><summary>Use another registration</summary>
<form method="post" action="/registration" class="fields">
<div class="field"><label for="clientId">Client id</label>
<input id="clientId" name="clientId" class="code" required autocomplete="off" spellcheck="false"></div>
<div class="field"><label for="clientSecret">Client secret</label>
<input id="clientSecret" name="clientSecret" type="password" required autocomplete="off"></div>
<div class="actions"><button class="button secondary">Use it</button></div>
</form>
</details>
!${isReplaced ? ownAgain : ''}`
}

/** The partner's data of a signed-in user. */
export interface Connection {
  readonly userId: string
  readonly tenantId: string
  /** Who signed in; `undefined` without OpenID Connect. */
  readonly identity: Identity | undefined
  readonly scope: string
  readonly expiresAt: Date
}

/** The partner's page for a signed-in user. */
export function signedInPage(
  issuer: string,
  { userId, tenantId, identity, scope, expiresAt }: Connection,
  outcome: Outcome | undefined,
): DocumentParts {
  const scopes = scope.split(' ').map((code) => html`<code>${code}</code> `)
  return {
    brand: ACME_RECRUITER,
    title: 'Acme Recruiter, connected to Teamcast',
    imagesFrom: new URL(issuer).origin,
    content: html`!${renderFlashMessage(outcome)}
<h1>Connected to Teamcast</h1>
!${identity === undefined ? '' : renderPerson(identity)}
<dl class="rows">
<div><dt>!${identity === undefined ? 'User' : 'User id'}</dt><dd>${userId}</dd></div>
<div><dt>Workspace</dt><dd>${tenantId}</dd></div>
<div><dt>May use</dt><dd>!${scopes}</dd></div>
<div><dt>Access token</dt><dd>expires at ${expiresAt.toISOString().slice(11, 19)} UTC</dd></div>
</dl>
<section aria-labelledby="api">
<h2 id="api">Call the interview API</h2>
<div class="actions">
!${renderAction('list-interviews', 'List interviews', 'primary')}
!${renderAction('create-interview', 'Create an interview')}
</div>
!${renderResponse(outcome)}
</section>
<section aria-labelledby="connection">
<h2 id="connection">Manage the connection</h2>
<div class="actions">
!${renderAction('refresh', 'Refresh tokens')}
!${renderAction('introspect', 'Inspect token')}
!${identity === undefined ? '' : renderAction('id-token', 'Show ID token')}
!${identity === undefined ? '' : renderAction('userinfo', 'Load user details')}
!${renderAction('disconnect', 'Disconnect', 'danger')}
<a class="button secondary" href="/sign-in">Sign in again</a>
</div>
<p>At Teamcast: <a href="${connectionsUrl(issuer)}">Manage connected applications</a></p>
</section>`,
  }
}

function renderAction(action: string, label: string, kind = 'secondary'): string {
  return html`<form method="post" action="/${action}"><button class="button ${kind}">${label}</button></form>`
}

function renderResponse(outcome: Outcome | undefined): string {
  if (outcome?.json === undefined) return ''
  return html`<pre tabindex="0" role="region" aria-label="Response from Teamcast">${outcome.json}</pre>`
}
