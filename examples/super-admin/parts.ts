/**
 * Parts that several SuperAdmin pages share.
 *
 * @module
 */

import { html } from 'ghtml'
import { LIST_PATH } from './paths.ts'
import type { Remarks } from './remarks.ts'

/** A form that changes something. */
export interface FormParts {
  readonly action: string
  readonly formToken: string
  /** More hidden fields. */
  readonly hidden?: Readonly<Record<string, string>>
  /** HTML of its fields and buttons. */
  readonly content: string
}

/** Renders a form. The server validates it and shows all errors at once. */
export function renderForm({ action, formToken, hidden, content }: FormParts): string {
  const fields = Object.entries({ formToken, ...hidden }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="${action}" novalidate>!${fields}!${content}</form>`
}

/** Renders the way back to the list. */
export function renderBackLink(): string {
  return html`<nav aria-label="Back"><a href="${LIST_PATH}"><span aria-hidden="true">← </span>All clients</a></nav>`
}

/** Renders the heading of a page, in a smaller font if it is long. */
export function renderHeading(heading: string): string {
  return html`<h1 class="${heading.length > 60 ? 'long' : ''}"><bdi>${heading}</bdi></h1>`
}

const SUMMARY_TITLES: Readonly<Record<Remarks['kind'], string>> = {
  invalid: 'Nothing was saved yet. Please correct:',
  conflict: 'Somebody else changed this client while you did. Nothing of yours was saved yet.',
}

/** Renders the summary of remarks about a form, on top of the page and with the focus. */
export function renderSummary(remarks: Remarks | undefined, advice = ''): string {
  if (remarks === undefined) return ''
  const items = remarks.items.map(({ field, text }) =>
    field === undefined ? html`<li>${text}</li>` : html`<li><a href="#${field}">${text}</a></li>`,
  )
  const list = items.length === 0 ? '' : html`<ul class="list">!${items}</ul>`
  return html`<div class="notice failure summary" role="alert" tabindex="-1" autofocus>
<p class="title">${SUMMARY_TITLES[remarks.kind]}</p>!${list}!${advice}</div>`
}

/** Renders a value with a button that copies it. A textarea, so that long values wrap. */
export function renderCopyField(id: string, label: string, value: string): string {
  return html`<div class="field">
<label for="${id}">${label}</label>
<div class="copy">
<textarea id="${id}" class="code" rows="1" readonly spellcheck="false">${value}</textarea>
<button type="button" class="button secondary" data-copy="${id}" hidden>Copy<span class="visually-hidden"> ${label}</span></button>
</div>
</div>`
}

/** The status message of {@link COPY_SCRIPT}. */
export const COPY_STATUS: string = html`<p class="help" id="copy-status" role="status"></p>`

/** Enables the copy buttons. Without scripts, the fields can still be selected and copied. */
export const COPY_SCRIPT = `
for (const button of document.querySelectorAll('[data-copy]')) {
  const field = document.getElementById(button.dataset.copy)
  button.hidden = false
  button.addEventListener('click', async () => {
    field.select()
    const how = await navigator.clipboard.writeText(field.value).then(
      () => 'copied.',
      () => 'selected. Copy it with the keys of your system.',
    )
    document.getElementById('copy-status').textContent = field.labels[0].textContent + ' ' + how
  })
}
`
