/**
 * The stylesheet of all pages, and the hash that allows it.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/**
 * The content of the `style` element, to the byte.
 *
 * What is `deliberate` ignores the pointer for 0.6 s, longer than a double click takes: from the load of the
 * page, and from the moment a pointer comes onto the page, be it from under a popup that closed. The time
 * stands still while a button is held down. The animation of the arrival has a name of its own, or it would not
 * start again. A finger arrives and presses in one, so where there are both, a press ends the second wait.
 */
export const STYLES = `
:root {
  color-scheme: light dark;
  --page: #f4f5f8;
  --surface: #ffffff;
  --sunken: #f4f5f8;
  --text: #171a23;
  --muted: #565d6e;
  --line: #dde0e8;
  --field-line: #868d9e;
  --accent: #2f4bd6;
  --accent-strong: #243bb0;
  --accent-soft: #e8ecfd;
  --on-accent: #ffffff;
  --on-accent-soft: var(--accent);
  --success: #12775a;
  --success-soft: #e6f4ef;
  --danger: #b3261e;
  --danger-soft: #fdefee;
  --on-danger: #ffffff;
  --warning: #8a4b00;
  --shadow: 0 1px 2px rgb(23 26 35 / 5%), 0 12px 32px -8px rgb(23 26 35 / 12%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d0f14;
    --surface: #161920;
    --sunken: #1e222b;
    --text: #eef0f5;
    --muted: #a4abbb;
    --line: #2c313c;
    --field-line: #737b8d;
    --accent: #9db2ff;
    --accent-strong: #b7c6ff;
    --accent-soft: #262f52;
    --on-accent: #0d1433;
    --success: #5fd0a8;
    --success-soft: #15332a;
    --danger: #ffb4ab;
    --danger-soft: #391d1c;
    --on-danger: #3b0907;
  --warning: #f5b95f;
    --shadow: 0 1px 2px rgb(0 0 0 / 30%);
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  min-height: 100vh;
  min-height: 100dvh;
  margin: 0;
  padding: 2rem 1rem;
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 1.5rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
.visually-hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.glyph { flex: none; width: 1.25rem; height: 1.25rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.wordmark {
  display: flex;
  align-items: center;
  gap: .5rem;
  font-size: 1.125rem;
  font-weight: 650;
  letter-spacing: -.015em;
}
.mark {
  display: grid;
  place-items: center;
  width: 1.75rem;
  height: 1.75rem;
  border-radius: .5rem;
  background: var(--accent);
  color: var(--on-accent);
  overflow: hidden;
}
.mark { position: relative; }
.mark .initial { font-size: 1rem; }
.mark.pictured { background: #fff; }
.card {
  display: flex;
  flex-direction: column;
  gap: 1.25rem;
  width: 100%;
  max-width: 27rem;
  padding: 2.25rem 2.25rem 1.75rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: var(--surface);
  box-shadow: var(--shadow);
}
.card.wide { max-width: 36rem; }

h1 { font-size: 1.4375rem; font-weight: 620; line-height: 1.28; letter-spacing: -.018em; text-wrap: balance; }
h1.long { font-size: 1.0625rem; line-height: 1.4; letter-spacing: -.005em; text-wrap: wrap; }
.heading { display: flex; flex-direction: column; gap: .375rem; text-align: center; }
.pairing { display: flex; align-items: center; justify-content: center; gap: .875rem; color: var(--muted); }
.tile {
  position: relative;
  display: grid;
  grid-template: 100% / 100%;
  place-items: center;
  flex: none;
  width: 3.5rem;
  height: 3.5rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: var(--sunken);
  color: var(--text);
  overflow: hidden;
}
.tile.client { background: #fff; color: #171a23; }
.tile.service, .tile.alert { border-color: transparent; }
.tile.service { background: var(--accent); color: var(--on-accent); }
.tile.service .glyph { width: 2.125rem; height: 2.125rem; }
.tile.pictured { border-color: var(--line); background: #fff; }
.tile.pictured img, .mark.pictured img { width: 100%; height: 100%; object-fit: contain; }
.tile.alert { background: var(--danger-soft); color: var(--danger); }
.tile.alert .glyph { width: 1.75rem; height: 1.75rem; }
.initial { position: absolute; inset: 0; display: grid; place-items: center; font-size: 1.5rem; font-weight: 600; }
.logo { position: relative; zoom: 4; max-width: 100%; max-height: 100%; aspect-ratio: 1; background: #fff; object-fit: contain; }

.user-card { display: flex; align-items: center; gap: .75rem; padding: .75rem; border: 1px solid var(--line); border-radius: .75rem; }
.avatar {
  display: grid;
  place-items: center;
  flex: none;
  width: 2.25rem;
  height: 2.25rem;
  border-radius: 50%;
  background: var(--accent-soft);
  color: var(--on-accent-soft);
  font-weight: 600;
  line-height: 1;
  overflow: hidden;
}
.person { display: flex; flex: 1; flex-wrap: wrap; align-items: center; column-gap: 1.25rem; min-width: 0; }
.identity { display: flex; flex-direction: column; align-items: flex-start; flex: 1 1 auto; min-width: 0; line-height: 1.35; text-align: start; }
.user-name { font-weight: 550; }
.user-email { color: var(--muted); font-size: .875rem; }

.scopes { display: flex; flex-direction: column; gap: .625rem; }
.scopes h2 { font-size: .9375rem; font-weight: 600; }
.scopes ul { display: flex; flex-direction: column; gap: .5rem; }
.scopes li { display: flex; gap: .625rem; }
.scopes .glyph { margin-top: .125rem; color: var(--success); }
.scopes bdi, .scopes span { min-width: 0; }
.scopes .sensitive { font-weight: 550; }
.scopes .sensitive .glyph { color: var(--warning); }
.scopes h3 { margin-top: .25rem; color: var(--warning); font-size: .875rem; font-weight: 600; }
.granted { padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }
.granted h2 { font-size: .875rem; }
.granted .glyph, .granted .sensitive .glyph { width: 1.125rem; height: 1.125rem; color: inherit; }
.granted .sensitive, .granted h3 { color: inherit; font-weight: inherit; }

.notice { color: var(--muted); font-size: .875rem; }
.facts > span { display: inline-block; }
.host { color: var(--text); font-weight: 600; }
.explanation { color: var(--muted); }

form { display: flex; flex-direction: column; gap: 1rem; }
.actions.stacked { display: flex; flex-direction: column; gap: .5rem; }
.actions.side-by-side form { flex-direction: row; gap: .75rem; }
.actions.side-by-side .button { flex: 1; }
.field { display: flex; flex-direction: column; gap: .375rem; }
label { font-size: .875rem; font-weight: 550; }
input, select, textarea {
  width: 100%;
  min-height: 2.75rem;
  padding: .5rem .75rem;
  border: 1px solid var(--field-line);
  border-radius: .625rem;
  background: var(--surface);
  color: var(--text);
  font: inherit;
}
input[aria-invalid="true"] { border-color: var(--danger); }
input:focus-visible, select:focus-visible, textarea:focus-visible { border-color: var(--accent); outline-offset: 0; }
.problem { display: flex; gap: .625rem; padding: .75rem; border-radius: .625rem; background: var(--danger-soft); color: var(--danger); font-size: .9375rem; }
.problem .glyph { margin-top: .0625rem; }

button { font: inherit; color: inherit; cursor: pointer; overflow-wrap: inherit; }
.button {
  min-height: 2.75rem;
  padding: .5rem 1rem;
  border: 1px solid transparent;
  border-radius: .625rem;
  background: none;
  font-weight: 600;
}
.primary { background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-strong); }
.secondary { border-color: var(--field-line); background: var(--surface); }
.secondary:hover { background: var(--sunken); }
.danger { background: var(--danger); color: var(--on-danger); }
.danger:hover { text-decoration: underline; text-underline-offset: .15em; }
.quiet { color: var(--accent); }
.quiet:hover { text-decoration: underline; text-underline-offset: .15em; }
.user-card .button { min-height: 1.5rem; padding: 0; border: 0; font-size: .875rem; }
.account {
  display: flex;
  align-items: center;
  gap: .75rem;
  width: 100%;
  min-height: 3.75rem;
  padding: .75rem;
  border: 0;
  border-radius: 0;
  background: none;
  text-align: start;
}
.account:hover { background: var(--sunken); }
.account:focus-visible { outline-offset: -3px; border-radius: .75rem; }
.account > .glyph { color: var(--muted); }
[dir=rtl] :is(h1, .wordmark) { letter-spacing: 0; }
[dir=rtl] .account > .glyph { transform: scaleX(-1); }
.forgot-password, .create-account { color: var(--accent); font-size: .875rem; font-weight: 550; }
.forgot-password { align-self: flex-end; }
.create-account { align-self: center; }
.forgot-password:hover, .create-account:hover { color: var(--accent-strong); }
footer { color: var(--muted); font-size: .8125rem; }
footer ul { display: flex; flex-wrap: wrap; justify-content: center; gap: .125rem 1.25rem; }
.account .avatar .glyph { width: 1.25rem; }
.accounts { border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
.accounts form { gap: 0; }
.account + .account { border-top: 1px solid var(--line); font-weight: 550; }

.done { display: flex; gap: .625rem; padding: .75rem; border-radius: .625rem; background: var(--success-soft); color: var(--success); }
.done .glyph { margin-top: .125rem; }
.connections { display: flex; flex-direction: column; gap: 1rem; }
.connection { display: flex; flex-direction: column; gap: .75rem; padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; }
.connected-client { display: flex; align-items: center; gap: .75rem; }
.connected-client h2 { font-size: 1rem; font-weight: 600; line-height: 1.35; }
.connected-client .tile { width: 2.75rem; height: 2.75rem; border-radius: .75rem; }
.connected-client .initial { font-size: 1.25rem; }
.connection .scopes { font-size: .9375rem; }
.connection .client-links { padding: 0; border: 0; }
.disconnect { padding: 0; border: 0; }
.disconnect summary { display: flex; align-items: center; min-height: 2.25rem; padding: .3125rem .875rem; border-color: var(--field-line); border-radius: .625rem; color: var(--text); }
.disconnect summary::-webkit-details-marker { display: none; }
.disconnect[open] .when-closed, .disconnect:not([open]) .when-open { display: none; }
.confirmation { display: flex; flex-direction: column; gap: .75rem; margin-top: .75rem; padding: .75rem; border-radius: .625rem; background: var(--danger-soft); color: var(--text); font-size: .9375rem; }
.confirmation form { align-items: flex-start; }
@supports selector(::details-content) {
  .disconnect[open] { display: flex; flex-wrap: wrap; gap: .75rem; padding: .75rem; border-radius: .625rem; background: var(--danger-soft); color: var(--text); }
  .disconnect[open]::details-content, .disconnect[open] .confirmation { display: contents; }
  .disconnect[open] .confirmation p { order: -1; flex-basis: 100%; font-size: .9375rem; }
  .disconnect[open] .button { min-height: 2.5rem; padding: .3125rem .875rem; font-size: .875rem; }
}
.empty { display: flex; flex-direction: column; align-items: center; gap: .5rem; padding: 1.5rem 0; text-align: center; }

.client-links { display: flex; flex-wrap: wrap; gap: .125rem 1rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .8125rem; }
.client-links ul { display: flex; flex-wrap: wrap; gap: .125rem 1rem; }
a { color: inherit; text-underline-offset: .15em; border-radius: .125rem; }
a:hover { color: var(--text); }

details { padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }
summary { width: fit-content; border-radius: .25rem; cursor: pointer; }
dl { display: grid; gap: .125rem; margin-top: .75rem; }
dt { font-weight: 600; }
dd + dt { margin-top: .5rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }

@keyframes page-arrives { from, 99% { pointer-events: none; } }
@keyframes pointer-arrives { from, 99% { pointer-events: none; } }
.deliberate { animation: page-arrives .6s; }
@media (hover: hover) {
  :root:hover .deliberate { animation-name: page-arrives, pointer-arrives; }
  :root:active .deliberate { animation-play-state: paused; }
}
@media (hover: hover) and (any-pointer: coarse) {
  :root:active .deliberate { animation-name: page-arrives; }
}

@media (max-width: 30rem) {
  body { padding: 1.25rem 0; justify-content: flex-start; gap: 0; background: var(--surface); }
  footer { padding: 0 1.25rem 1.25rem; }
  .card { padding: 1.5rem 1.25rem; border: 0; border-radius: 0; box-shadow: none; }
}
@media (prefers-reduced-motion: no-preference) {
  .button, .account, input { transition: background-color .12s, border-color .12s; }
}
@media (forced-colors: active) {
  .mark, .tile, .tile.service, .tile.alert, .avatar, .problem, .done, .confirmation { border: 1px solid; }
  .scopes .glyph, .scopes .sensitive .glyph, .account > .glyph { color: inherit; }
  .primary, .danger { forced-color-adjust: none; border-color: ButtonText; background: Highlight; color: HighlightText; }
}
`

/** Hash of {@link STYLES} as a source of `style-src`. */
export const STYLES_HASH: string = `sha256-${createHash('sha256').update(STYLES).digest('base64')}`
