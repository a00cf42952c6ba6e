import test from 'ava'
import fc from 'fast-check'
import type { HtmlPage } from '../../lib/pages/pages.ts'
import { ANY_CHARACTER } from '../helpers/any-character.ts'
import { escapeHtml, tagsOf } from './markup.ts'
import { HOSTILE_TEXTS, renderPagesFilledWith } from './page-views.ts'
import { renderSuperAdminPages } from './super-admin-views.ts'

/** Every page, with one text in every string that it can show. */
function pagesWith(text: string): ReadonlyArray<readonly [string, HtmlPage]> {
  return Object.entries({ ...renderPagesFilledWith(text), ...renderSuperAdminPages(text) })
}

/** The names of a page's tags and of their attributes: all that a text must not change. */
function skeletonsWith(text: string): Readonly<Record<string, ReadonlyArray<string>>> {
  return Object.fromEntries(
    pagesWith(text).map(([name, { html }]) => [
      name,
      tagsOf(html).map((tag) => [tag.name, ...Object.keys(tag.attributes)].join(' ')),
    ]),
  )
}

test('pages: hostile text is shown as text, in whatever field it comes', (t) => {
  const expected = skeletonsWith('x')
  for (const text of HOSTILE_TEXTS) {
    const escaped = escapeHtml(text)
    for (const [name, { html }] of pagesWith(text)) {
      t.true(html.includes(escaped), `${name}: ${text}`)
      if (escaped !== text) t.false(html.includes(text), `${name}: ${text}`)
    }
    t.deepEqual(skeletonsWith(text), expected, text)
  }
})

test('pages: no text in any field changes the markup of a page', (t) => {
  const expected = skeletonsWith('x')
  const piece = fc.oneof(
    fc.constantFrom('<', '>', '"', "'", '&', '=', '`', '/', '</', '<!--', '-->', ' onload=', '\0'),
    fc.string({ unit: ANY_CHARACTER }),
  )
  const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(
      text.filter((value) => value !== ''),
      (value) => {
        t.deepEqual(skeletonsWith(value), expected)
      },
    ),
    { examples: [['<'], ['>'], ['"']] },
  )
})
