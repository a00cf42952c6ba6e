/**
 * The stylesheet that the SuperAdmin pages have beside that of all pages.
 *
 * @module
 */

/** The content of the second `style` element. */
export const SUPER_ADMIN_STYLES = `
.card.broad { max-width: 44rem; }
.bar { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; color: var(--muted); font-size: .875rem; }
.bar .who { margin-inline-start: auto; }
[dir=rtl] .arrow { display: inline-block; transform: scaleX(-1); }
.broad a:not(.button), .summary a { color: var(--accent); }
.title-row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; justify-content: space-between; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
a.button { display: inline-flex; align-items: center; justify-content: center; text-decoration: none; }
a.primary:hover { color: var(--on-accent); }
.risky { border-color: var(--field-line); color: var(--danger); }
.risky:hover { background: var(--danger-soft); color: var(--danger); }
section { display: flex; flex-direction: column; gap: .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
h2 { font-size: 1.125rem; font-weight: 620; line-height: 1.35; }
h3 { font-size: 1rem; font-weight: 600; line-height: 1.35; }
.broad form { gap: 1.25rem; }
.fields, .options { display: flex; flex-direction: column; gap: 1.25rem; }
.options { gap: .625rem; }
.field { min-width: 0; margin: 0; padding: 0; border: 0; }
fieldset.field { display: block; }
legend { padding: 0; font-size: .875rem; font-weight: 550; }
fieldset > .help, fieldset > .remark, fieldset > .options { margin-top: .375rem; }
fieldset > .options { margin-top: .625rem; }
.help { color: var(--muted); font-size: .875rem; }
textarea { display: block; field-sizing: content; resize: vertical; overflow-wrap: anywhere; }
textarea.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem; }
textarea:not([readonly]) { min-height: calc(3lh + 1rem + 2px); }
textarea.copy { padding: .6875rem .75rem; background: var(--sunken); line-height: 1.4; resize: none; word-break: break-all; }
[aria-invalid=true] { border-color: var(--danger); }
.amount { display: flex; gap: .5rem; }
.amount input { flex: 1; min-width: 0; }
.amount select { flex: none; width: auto; max-width: 50%; }
.option { display: grid; grid-template-columns: 1.25rem 1fr; gap: 0 .625rem; align-items: start; }
.option input { width: 1.25rem; min-height: 1.25rem; height: 1.25rem; margin: .0625rem 0 0; accent-color: var(--accent); }
.option label { font-size: 1rem; font-weight: 500; }
.option .help { grid-column: 2; }
.field:has([value=PLATFORM]:checked) + .tenant { display: none; }
.remark { padding-block: .125rem; padding-inline-start: .75rem; border-inline-start: 3px solid var(--accent); font-size: .9375rem; }
.remark p + p { margin-top: .375rem; }
.remark.wrong { border-color: var(--danger); color: var(--danger); }
.summary { color: var(--text); }
.summary > .glyph, .summary .title { color: var(--danger); }
.summary .title { font-weight: 600; }
.summary > div { display: flex; flex-direction: column; gap: .5rem; min-width: 0; }
.broad .summary a { color: inherit; }
.list { padding-inline-start: 1.25rem; list-style: disc; }
.list li + li { margin-top: .375rem; }
.broad details { padding-top: 1.25rem; color: inherit; font-size: inherit; }
.broad summary { color: var(--accent); font-weight: 600; }
details > .fields { margin-top: 1.25rem; }
.filters details { padding: 0; border: 0; }
.broad .filters { gap: .75rem; }
.search { display: flex; gap: .5rem; align-items: end; }
.search .field { flex: 1; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin-block: .75rem 1rem; }
.clients, .secrets { display: flex; flex-direction: column; }
.clients li { display: flex; gap: .875rem; align-items: flex-start; padding-block: .875rem; border-top: 1px solid var(--line); }
.clients li:last-child, .secrets li:last-child { border-bottom: 1px solid var(--line); }
.clients .tile { width: 2.75rem; height: 2.75rem; border-radius: .75rem; }
.clients .initial { font-size: 1.25rem; }
.clients .identity { gap: .125rem; }
.client-link { font-weight: 600; }
code { font-size: .875em; }
.secrets li { display: flex; flex-direction: column; gap: .75rem; padding-block: 1rem; border-top: 1px solid var(--line); }
.rows { gap: .5rem; margin: 0; }
.rows > div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; }
.rows dt { color: var(--muted); font-weight: 400; }
.rows strong { color: var(--danger); }
.muted { color: var(--muted); }
.explanation strong { color: var(--text); }
.empty { padding: 1.5rem; border: 1px dashed var(--field-line); border-radius: .625rem; }
.empty, .broad .empty p { color: var(--muted); }
@media (max-width: 30rem) {
  .rows > div { grid-template-columns: 1fr; }
  .broad .actions .button { width: 100%; }
}
@media (forced-colors: active) { .remark, .summary { border: 1px solid; } }
`
