/**
 * Form fields with labels, help texts and remarks.
 *
 * @module
 */

import { html } from 'ghtml'

/** Members of every field. */
export interface Field {
  /** Its name, and its id. */
  readonly name: string
  readonly label: string
  readonly help?: string | undefined
  /** Remarks about its value; HTML. */
  readonly remarks?: ReadonlyArray<string>
  /** Whether its value is invalid. */
  readonly isWrong?: boolean
}

/** A choice of a field. */
export interface FieldOption {
  readonly value: string
  readonly label: string
  readonly help?: string | undefined
}

/** A field for a text. */
export interface TextFieldOptions extends Field {
  readonly value: string
  readonly type?: 'text' | 'date'
  /** More attributes of the element; HTML. */
  readonly attributes?: string
}

/** Renders a single-line text field. */
export function renderTextField(field: TextFieldOptions): string {
  const { name, type = 'text', value, attributes = '' } = field
  return html`<div class="field">
!${renderLabel(field)}
<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="off"!${attributes}!${describedBy(field)}>
!${renderRemarks(field)}
</div>`
}

/** A field for a number with a unit. The field of the unit has the same name with `Unit` at its end. */
export interface AmountOptions extends TextFieldOptions {
  readonly units: ReadonlyArray<FieldOption>
  /** The chosen unit. */
  readonly unit: string
  /** The label of the unit. */
  readonly unitLabel: string
}

/** Renders a number with a unit. */
export function renderAmount(field: AmountOptions): string {
  const { name, value, units, unit, unitLabel } = field
  return html`<div class="field">
!${renderLabel(field)}
<div class="amount">
<input id="${name}" name="${name}" value="${value}" inputmode="numeric" autocomplete="off"!${describedBy(field)}>
<select name="${name}Unit" aria-label="${unitLabel}">!${renderOptions(units, [unit])}</select>
</div>
!${renderRemarks(field)}
</div>`
}

/** Renders a multi-line field, for codes and URLs. */
export function renderTextArea(field: TextFieldOptions): string {
  const { name, value } = field
  const rows = Math.min(10, Math.max(3, value.split('\n').length + 1))
  // The first line break after the tag is not part of the text.
  return html`<div class="field">
!${renderLabel(field)}
<textarea id="${name}" name="${name}" rows="${rows}" class="code" dir="ltr" spellcheck="false" autocapitalize="off" autocomplete="off"!${describedBy(field)}>
${value}</textarea>
!${renderRemarks(field)}
</div>`
}

/** A field with options. */
export interface ChoiceOptions extends Field {
  readonly options: ReadonlyArray<FieldOption>
  /** The options that are chosen. */
  readonly chosen: ReadonlyArray<string>
}

/** Renders a select field. */
export function renderSelect(field: ChoiceOptions): string {
  const { name, options, chosen } = field
  return html`<div class="field">
!${renderLabel(field)}
<select id="${name}" name="${name}"!${describedBy(field)}>!${renderOptions(options, chosen)}</select>
!${renderRemarks(field)}
</div>`
}

function renderOptions(
  options: ReadonlyArray<FieldOption>,
  chosen: ReadonlyArray<string>,
): ReadonlyArray<string> {
  return options.map(({ value, label }) => {
    const selected = chosen.includes(value) ? ' selected' : ''
    return html`<option value="${value}"!${selected}>${label}</option>`
  })
}

/** Renders radio buttons or checkboxes. */
export function renderChoices(type: 'radio' | 'checkbox', field: ChoiceOptions): string {
  const { name, label, options, chosen } = field
  const items = options.map(({ value, label: optionLabel, help = '' }, index) => {
    // Links to the field lead to the first option.
    const id = index === 0 ? name : `${name}-${index}`
    const checked = chosen.includes(value) ? ' checked' : ''
    const helpId = `${name}-${index}-help`
    const described = help === '' ? '' : html` aria-describedby="${helpId}"`
    const text = help === '' ? '' : html`<span class="help" id="${helpId}">${help}</span>`
    return html`<div class="option">
<input id="${id}" name="${name}" type="${type}" value="${value}"!${checked}!${described}>
<label for="${id}"><bdi>${optionLabel}</bdi></label>
!${text}</div>`
  })
  return html`<fieldset class="field"!${describedBy({ ...field, isWrong: false })}>
<legend>${label}</legend>
!${renderHelp(field)}
!${renderRemarks(field)}
<div class="options">!${items}</div>
</fieldset>`
}

/** Renders a value to copy. A textarea, so that a long value wraps, and the keyboard can select it. */
export function renderCopyField(id: string, label: string, value: string): string {
  return html`<div class="field">
<label for="${id}">${label}</label>
<textarea id="${id}" class="code copy" dir="ltr" rows="1" readonly spellcheck="false">
${value}</textarea>
</div>`
}

function renderLabel(field: Field): string {
  return html`<label for="${field.name}">${field.label}</label>!${renderHelp(field)}`
}

function renderHelp({ name, help }: Field): string {
  return help === undefined ? '' : html`<p class="help" id="${name}-help">${help}</p>`
}

function renderRemarks({ name, remarks = [], isWrong = false }: Field): string {
  if (remarks.length === 0) return ''
  const items = remarks.map((remark) => html`<p>!${remark}</p>`)
  return html`<div class="remark!${isWrong ? ' wrong' : ''}" id="${name}-remark">!${items}</div>`
}

/** The attributes that connect a field with its help and its remarks. */
function describedBy({ name, help, remarks = [], isWrong = false }: Field): string {
  const ids = [
    ...(help === undefined ? [] : [`${name}-help`]),
    ...(remarks.length === 0 ? [] : [`${name}-remark`]),
  ]
  const described = ids.length === 0 ? '' : html` aria-describedby="${ids.join(' ')}"`
  return isWrong && remarks.length > 0 ? `${described} aria-invalid="true"` : described
}
