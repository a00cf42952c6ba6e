/**
 * The pages of both applications.
 *
 * @module
 */

import { html } from 'ghtml'
import type { Context } from 'koa'
import { DEMO_PASSWORD, DEMO_USERS } from './demo-users.ts'
import { STYLES } from './styles.ts'

/** Writes a page. */
export function sendHtml(ctx: Context, page: string): void {
  ctx.type = 'html'
  ctx.set({
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  })
  ctx.body = page
}

interface Brand {
  readonly name: string
  /** Class of the page: gives it its colours. */
  readonly look: 'host' | 'partner'
  readonly tagline: string
  /** Colour of the icon in the browser's tab. */
  readonly color: string
}

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

function renderPage(brand: Brand, title: string, content: string): string {
  const initial = brand.name.slice(0, 1)
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${brand.color}"/><text x="16" y="23" font-family="sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="#fff">${initial}</text></svg>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>!${STYLES}</style>
</head>
<body class="${brand.look}">
<header>
<span class="mark" aria-hidden="true">${initial}</span>
<span><span class="brand">${brand.name}</span> <span class="muted">${brand.tagline}</span></span>
</header>
<main>
!${content}
</main>
</body>
</html>`
}

/** The host's home page. */
export function renderWelcomePage(issuer: string, partnerUrl: string | undefined): string {
  const partner =
    partnerUrl === undefined
      ? html`<p class="muted">The demo partner is turned off (<code>CLIENT_PORT=0</code>).</p>`
      : html`<p><a class="button primary" href="${partnerUrl}">Open Acme Recruiter</a></p>`
  return renderPage(
    TEAMCAST,
    'Teamcast, the example host',
    html`<h1>The authorization server is running</h1>
<p class="lead">This host application mounts “Sign in with Teamcast” and has an interview API that
accepts its access tokens. A partner’s application uses both.</p>
!${partner}
<section aria-labelledby="users">
<h2 id="users">Who can sign in</h2>
!${renderDemoUsers()}
</section>
<section aria-labelledby="endpoints">
<h2 id="endpoints">Look inside</h2>
<ul>
<li><a href="${issuer}/.well-known/oauth-authorization-server">Server metadata</a></li>
<li><a href="${issuer}/.well-known/jwks.json">Public keys</a></li>
<li><a href="${issuer}/account/connections">Connected applications</a>, for whoever signs in</li>
</ul>
</section>`,
  )
}

function renderDemoUsers(): string {
  const users = DEMO_USERS.map(
    ({ name, email, tenantId }) =>
      html`<div><dt><code>${email}</code></dt><dd>${name}, workspace ${tenantId}</dd></div>`,
  )
  return html`<dl class="rows">!${users}
<div><dt>Password of all</dt><dd><code>${DEMO_PASSWORD}</code></dd></div></dl>`
}

/** The last thing the partner did, and what came of it. */
export interface Outcome {
  readonly kind: 'success' | 'failure'
  readonly title: string
  readonly detail?: string
  /** What the API answered. */
  readonly json?: string
}

/** The partner's page before anybody signed in. */
export function renderSignedOutPage(outcome: Outcome | undefined): string {
  return renderPage(
    ACME_RECRUITER,
    'Acme Recruiter',
    html`!${renderNotice(outcome)}
<h1>Plan your interviews with Acme Recruiter</h1>
<p class="lead">It works with the interviews in your Teamcast workspace, if you let it. Your Teamcast
password stays with Teamcast.</p>
<p><a class="button primary" href="/sign-in">Sign in with Teamcast</a></p>
<section aria-labelledby="users">
<h2 id="users">Demo accounts</h2>
!${renderDemoUsers()}
</section>`,
  )
}

/** What the partner knows of a signed-in user. */
export interface Connection {
  readonly userId: string
  readonly tenantId: string
  readonly scope: string
  readonly expiresAt: Date
}

/** The partner's page for a signed-in user. */
export function renderSignedInPage(
  { userId, tenantId, scope, expiresAt }: Connection,
  outcome: Outcome | undefined,
): string {
  const scopes = scope.split(' ').map((code) => html`<code>${code}</code> `)
  return renderPage(
    ACME_RECRUITER,
    'Acme Recruiter, connected to Teamcast',
    html`!${renderNotice(outcome)}
<h1>Connected to Teamcast</h1>
<dl class="rows">
<div><dt>User</dt><dd>${userId}</dd></div>
<div><dt>Workspace</dt><dd>${tenantId}</dd></div>
<div><dt>May use</dt><dd>!${scopes}</dd></div>
<div><dt>Access token</dt><dd>good until ${expiresAt.toISOString().slice(11, 19)} UTC</dd></div>
</dl>
<section aria-labelledby="api">
<h2 id="api">Call the interview API</h2>
<div class="actions">
!${renderAction('list-interviews', 'List interviews', 'primary')}
!${renderAction('create-interview', 'Create an interview')}
</div>
!${renderAnswer(outcome)}
</section>
<section aria-labelledby="connection">
<h2 id="connection">Manage the connection</h2>
<div class="actions">
!${renderAction('refresh', 'Refresh the tokens')}
!${renderAction('disconnect', 'Disconnect', 'danger')}
</div>
</section>`,
  )
}

function renderAction(action: string, label: string, kind = 'secondary'): string {
  return html`<form method="post" action="/${action}"><button class="button ${kind}">${label}</button></form>`
}

function renderNotice(outcome: Outcome | undefined): string {
  if (outcome === undefined) return ''
  const { kind, title, detail = '' } = outcome
  const sentence = detail === '' ? '' : html`<p>${detail}</p>`
  return html`<div class="notice ${kind}" role="status"><p class="title">${title}</p>!${sentence}</div>`
}

function renderAnswer(outcome: Outcome | undefined): string {
  if (outcome?.json === undefined) return ''
  return html`<pre tabindex="0" role="region" aria-label="What the API answered">${outcome.json}</pre>`
}
