import test from 'ava'
import {
  renderClientHeader,
  renderClientLinks,
  renderClientName,
} from '../../lib/pages/client-header.ts'
import { ENGLISH } from '../../lib/pages/languages/english.ts'
import { findTags } from './markup.ts'
import { BARE_CLIENT, CLIENT, CONTEXT } from './page-views.ts'

test('client links: lead to website, privacy policy and terms, in a tab that knows nothing of this one', (t) => {
  const links = findTags(renderClientLinks(CLIENT, ENGLISH), 'a').map(
    ({ attributes }) => attributes,
  )
  t.deepEqual(
    links.map(({ href }) => href),
    [CLIENT.clientUri, CLIENT.policyUri, CLIENT.tosUri],
  )
  for (const link of links) t.like(link, { target: '_blank', rel: 'noopener noreferrer' })
})

test('client links: nothing at all for a client that has none', (t) => {
  t.is(renderClientLinks(BARE_CLIENT, ENGLISH), '')
})

test('client links: only https URLs become links', (t) => {
  for (const clientUri of [
    'javascript:alert(1)',
    'http://acme.example/',
    'data:text/html,x',
    '//acme.example',
    '',
  ]) {
    t.is(renderClientLinks({ ...BARE_CLIENT, clientUri }, ENGLISH), '', clientUri)
  }
})

test('client header: the logo is loaded without telling its server which page shows it', (t) => {
  const [logo] = findTags(renderClientHeader({ ...CONTEXT, client: CLIENT }, ''), 'img')
  t.like(logo?.attributes, { src: CLIENT.logoUrl, alt: '', referrerpolicy: 'no-referrer' })
})

test('client header: without a logo there is no image, but the initial', (t) => {
  const html = renderClientHeader({ ...CONTEXT, client: BARE_CLIENT }, '')
  t.deepEqual(findTags(html, 'img'), [])
  t.true(html.includes('<span class="initial">A</span>'))
})

test('client name: isolated, so that its direction does not turn the sentence around it', (t) => {
  t.is(
    renderClientName({ ...CLIENT, name: '\u202Eevil' }),
    '<bdi class="client-name">\u202Eevil</bdi>',
  )
})

test('client header: a long name is set in smaller type', (t) => {
  const sizeOf = (name: string) =>
    findTags(renderClientHeader({ ...CONTEXT, client: { ...CLIENT, name } }, ''), 'h1')[0]
      ?.attributes['class']
  t.is(sizeOf('Acme'), 'regular')
  t.is(sizeOf('x'.repeat(255)), 'long')
})
