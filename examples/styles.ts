/** The stylesheet of both applications. */
export const STYLES = `
:root { color-scheme: light dark; --page: light-dark(#f4f5f8, #0d0f14); --surface: light-dark(#fff, #161920);
  --sunken: light-dark(#f4f5f8, #0d0f14); --text: light-dark(#171a23, #eef0f5); --muted: light-dark(#565d6e, #a4abbb);
  --line: light-dark(#dde0e8, #2c313c); --button-line: light-dark(#868d9e, #737b8d);
  --success: light-dark(#0f6b50, #5fd0a8); --success-soft: light-dark(#e6f5ef, #12291f);
  --failure: light-dark(#a5231b, #ffb4ab); --failure-soft: light-dark(#fdefee, #391d1c); }
.host { --accent: light-dark(#2f4bd6, #9db2ff); --accent-strong: light-dark(#243bb0, #b7c6ff); --on-accent: light-dark(#fff, #0d1433); }
.partner { --accent: light-dark(#0b6b57, #6fd6bd); --accent-strong: light-dark(#085243, #93e4d0); --on-accent: light-dark(#fff, #06251e); }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; padding: 2.5rem 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; overflow-wrap: anywhere; }
h1, h2, p, dl, dd, ul, pre { margin: 0; padding: 0; }
header, main { max-width: 42rem; margin: 0 auto; }
header { display: flex; align-items: center; gap: .75rem; margin-bottom: 1.25rem; line-height: 1.3; }
.mark { display: grid; place-items: center; flex: none; width: 2.5rem; height: 2.5rem; border-radius: .7rem;
  background: var(--accent); color: var(--on-accent); font-size: 1.25rem; font-weight: 700; }
.brand { display: block; font-weight: 650; } .muted { color: var(--muted); }
header .muted { font-size: .875rem; }
main { display: flex; flex-direction: column; gap: 1.25rem; padding: 2rem; border: 1px solid var(--line);
  border-radius: 1rem; background: var(--surface); box-shadow: 0 12px 32px -16px rgb(23 26 35 / 18%); }
h1 { font-size: 1.625rem; font-weight: 650; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 1.125rem; font-weight: 650; }
.lead { color: var(--muted); font-size: 1.0625rem; }
section { display: flex; flex-direction: column; gap: .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
a { color: var(--accent); text-underline-offset: .15em; }
ul { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
.rows { display: grid; gap: .5rem; }
.rows > div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; }
dt { color: var(--muted); } dt code { color: var(--text); }
dd code { margin-right: .5rem; }
.person { display: flex; gap: 1rem; align-items: center; }
.person > div { min-width: 0; }
.person .title { font-size: 1.125rem; }
.avatar { display: grid; place-items: center; flex: none; width: 3.5rem; height: 3.5rem; border-radius: 50%; object-fit: cover;
  background: var(--accent); color: var(--on-accent); font-size: 1.25rem; font-weight: 650; }
.badge { display: inline-block; margin-left: .25rem; padding: 0 .5rem; border-radius: 1rem; background: var(--success-soft);
  color: var(--success); font-size: .8125rem; font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
.button { display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: .5rem 1.125rem;
  border: 1px solid transparent; border-radius: .625rem; background: var(--surface); color: var(--text); font: inherit;
  font-weight: 600; text-decoration: none; cursor: pointer; }
.primary { background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-strong); }
.secondary, .danger { border-color: var(--button-line); }
.secondary:hover, .danger:hover { background: var(--sunken); }
.danger { color: var(--failure); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
pre { max-height: 28rem; padding: 1rem; border: 1px solid var(--line); border-radius: .625rem; background: var(--sunken);
  line-height: 1.5; white-space: pre-wrap; overflow: auto; }
.notice { padding: .75rem 1rem; border-left: 4px solid; border-radius: .5rem; }
.notice > * + * { margin-top: .5rem; }
.notice p:not(.title) { color: var(--text); }
.title { font-weight: 600; }
.success { background: var(--success-soft); color: var(--success); }
.neutral { background: var(--sunken); color: var(--text); }
.failure { background: var(--failure-soft); color: var(--failure); }
form, .fields { display: flex; flex-direction: column; gap: 1.25rem; }
section > form, .fields { margin-top: .25rem; }
.field { display: flex; flex-direction: column; gap: .25rem; min-width: 0; }
label { font-weight: 600; }
.help { color: var(--muted); font-size: .875rem; }
input { width: 100%; min-height: 2.75rem; margin-top: .125rem;
  padding: .5rem .75rem; border: 1px solid var(--button-line); border-radius: .625rem; background: var(--surface);
  color: var(--text); font: inherit; }
input.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem; }
[aria-invalid=true] { border-color: var(--failure) !important; }
summary { width: fit-content; border-radius: .25rem; color: var(--accent); font-weight: 600; cursor: pointer; }
details > .fields { margin-top: 1rem; }
@media (max-width: 30rem) {
  body { padding: 1.25rem .75rem; }
  main { padding: 1.5rem 1.25rem; }
  .rows > div { grid-template-columns: 1fr; }
  main .button, main form { width: 100%; }
}
@media (forced-colors: active) { .mark { border: 1px solid; } }
`
