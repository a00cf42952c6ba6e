/**
 * Reads the markup that our pages are made of: attributes in double quotes, every `<` and `>` in a
 * text escaped.
 *
 * @module
 */

const TAG = /<(?<name>\/?[a-z][a-z0-9]*)(?<attributes>(?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*\/?>/gi
const ATTRIBUTE = /(?<name>[a-z-]+)(?:="(?<value>[^"]*)")?/gi

/** A start or end tag. */
export interface Tag {
  /** In lower case; begins with `/` when it is an end tag. */
  readonly name: string
  /** Values by attribute, unescaped; a boolean attribute has an empty one. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A form that a page contains. */
export interface FormMarkup {
  readonly method: string | undefined
  readonly url: string | undefined
  /** Hidden fields by name. */
  readonly hidden: Readonly<Record<string, string>>
  /** Values of its `action` buttons, in order. */
  readonly actions: ReadonlyArray<string>
}

/**
 * Finds all tags of a page, in order.
 *
 * @throws `Error` when an angle bracket belongs to no tag: something was not escaped.
 */
export function tagsOf(html: string): ReadonlyArray<Tag> {
  const markup = withoutStyle(html).replace('<!doctype html>', '')
  const stray = /.{0,20}[<>].{0,20}/s.exec(markup.replaceAll(TAG, ''))
  if (stray !== null) throw new Error(`not escaped: ${stray[0]}`)
  return Array.from(markup.matchAll(TAG), ({ groups }) => ({
    name: groups?.['name']?.toLowerCase() ?? '',
    attributes: attributesOf(groups?.['attributes'] ?? ''),
  }))
}

/** Finds all tags with one name. */
export function findTags(html: string, name: string): ReadonlyArray<Tag> {
  return tagsOf(html).filter((tag) => tag.name === name)
}

/** Finds what a page says, without its markup. */
export function textOf(html: string): string {
  const body = html.slice(html.indexOf('<body>'))
  return unescapeHtml(body.replaceAll(TAG, ' ')).replaceAll(/\s+/g, ' ').trim()
}

/** Finds all forms of a page. */
export function formsOf(html: string): ReadonlyArray<FormMarkup> {
  return html
    .split('<form')
    .slice(1)
    .map((rest) => formOf(`<form${rest.slice(0, rest.indexOf('</form>'))}`))
}

/** Writes a text as it must stand in a page. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/["&'<=>]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The content of a page's only `style` element. */
export function styleOf(html: string): string {
  return html.slice(html.indexOf('<style>') + '<style>'.length, html.indexOf('</style>'))
}

function formOf(markup: string): FormMarkup {
  const [form] = findTags(markup, 'form')
  const hidden = findTags(markup, 'input').filter(
    ({ attributes }) => attributes['type'] === 'hidden',
  )
  const buttons = findTags(markup, 'button').filter(
    ({ attributes }) => attributes['name'] === 'action',
  )
  return {
    method: form?.attributes['method'],
    url: form?.attributes['action'],
    hidden: Object.fromEntries(
      hidden.map(({ attributes }) => [attributes['name'] ?? '', attributes['value'] ?? '']),
    ),
    actions: buttons.map(({ attributes }) => attributes['value'] ?? ''),
  }
}

function attributesOf(markup: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from(markup.matchAll(ATTRIBUTE), ({ groups }) => [
      groups?.['name']?.toLowerCase() ?? '',
      unescapeHtml(groups?.['value'] ?? ''),
    ]),
  )
}

function withoutStyle(html: string): string {
  return html.replace(/(?<=<style>).*(?=<\/style>)/s, '')
}

/** Reads a text as it stands in a page. */
export function unescapeHtml(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_entity, code) => String.fromCharCode(Number(code)))
}
