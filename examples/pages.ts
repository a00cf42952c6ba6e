/**
 * The pages of both applications.
 *
 * @module
 */

import { html } from 'ghtml'
import type { Context } from 'koa'
import { DEMO_PASSWORD, DEMO_USERS } from './demo-users.ts'

const STYLES = `
:root { color-scheme: light dark; --accent: light-dark(#2f4bd6, #9db2ff); --on-accent: light-dark(#fff, #0d1433);
  --page: light-dark(#f4f5f8, #0d0f14); --surface: light-dark(#fff, #161920); --text: light-dark(#171a23, #eef0f5);
  --muted: light-dark(#565d6e, #a4abbb); --line: light-dark(#dde0e8, #2c313c); }
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; overflow-wrap: anywhere; }
main, header { max-width: 44rem; margin: 0 auto 1.5rem; }
main { background: var(--surface); border: 1px solid var(--line); border-radius: 1rem; padding: 1.5rem; }
header { display: flex; align-items: center; gap: .75rem; font-weight: 600; }
.mark { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: .6rem;
  background: var(--accent); color: var(--on-accent); font-weight: 700; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { margin: 0 0 1rem; } .muted { color: var(--muted); }
a { color: var(--accent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--muted); } dd { margin: 0; }
form { display: inline; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.25rem 0 0; }
.button { display: inline-flex; align-items: center; gap: .6rem; min-height: 2.75rem; padding: .5rem 1rem;
  border: 1px solid var(--line); border-radius: .6rem; background: var(--surface); color: var(--text);
  font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
.button.primary { border-color: transparent; background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
pre { margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--page);
  overflow-x: auto; font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
.notice { padding: .75rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: .6rem; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
  .button { width: 100%; justify-content: center; } form { width: 100%; } }
`

/** Writes a page. */
export function sendHtml(ctx: Context, page: string): void {
  ctx.type = 'html'
  ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  ctx.set('Cache-Control', 'no-store')
  ctx.body = page
}

function renderPage(brand: string, title: string, content: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>!${STYLES}</style>
</head>
<body>
<header><span class="mark" aria-hidden="true">${brand.slice(0, 1)}</span>${brand}</header>
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
      ? ''
      : html`<p><a class="button primary" href="${partnerUrl}">Open Acme Recruiter</a></p>`
  return renderPage(
    'Teamcast',
    'Teamcast, the example host',
    html`<h1>This is the host application</h1>
<p>It runs the authorization server of “Sign in with Teamcast” and an interview API that accepts its
access tokens. A partner’s application uses both.</p>
!${partner}
<h2>Who can sign in</h2>
<dl>!${DEMO_USERS.map(
      ({ name, email, tenantId }) => html`<dt>${email}</dt><dd>${name}, tenant ${tenantId}</dd>`,
    ).join('')}
<dt>Password</dt><dd>${DEMO_PASSWORD}</dd></dl>
<h2>Endpoints</h2>
<p><a href="${issuer}/.well-known/oauth-authorization-server">Server metadata</a> ·
<a href="${issuer}/.well-known/jwks.json">Public keys</a></p>`,
  )
}

/** The last thing the partner did, and what came of it. */
export interface Outcome {
  readonly title: string
  readonly detail: string
}

/** The partner's page before anybody signed in. */
export function renderSignedOutPage(outcome: Outcome | undefined): string {
  return renderPage(
    'Acme Recruiter',
    'Acme Recruiter',
    html`<h1>Plan your interviews with Acme Recruiter</h1>
<p class="muted">Acme Recruiter is a demo partner of Teamcast. It works with the interviews in your
Teamcast workspace, if you let it.</p>
!${renderOutcome(outcome)}
<p class="actions"><a class="button primary" href="/sign-in">Sign in with Teamcast</a></p>`,
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
  return renderPage(
    'Acme Recruiter',
    'Acme Recruiter, connected to Teamcast',
    html`<h1>Connected to Teamcast</h1>
<dl>
<dt>User</dt><dd>${userId}</dd>
<dt>Workspace</dt><dd>${tenantId}</dd>
<dt>May do</dt><dd>${scope}</dd>
<dt>Access token</dt><dd>good until ${expiresAt.toISOString().slice(11, 16)} UTC</dd>
</dl>
<div class="actions">
!${renderAction('list-interviews', 'List interviews', 'primary')}
!${renderAction('create-interview', 'Create an interview')}
!${renderAction('refresh', 'Refresh the tokens')}
!${renderAction('disconnect', 'Disconnect')}
</div>
!${renderOutcome(outcome)}`,
  )
}

function renderAction(action: string, label: string, kind = ''): string {
  return html`<form method="post" action="/${action}"><button class="button ${kind}">${label}</button></form>`
}

function renderOutcome(outcome: Outcome | undefined): string {
  if (outcome === undefined) return ''
  const { title, detail } = outcome
  const body = detail === '' ? '' : html`<pre tabindex="0">${detail}</pre>`
  return html`<h2 role="status">${title}</h2>!${body}`
}
