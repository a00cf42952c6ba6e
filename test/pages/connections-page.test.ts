import test from 'ava'
import { renderConnectionsPage } from '../../lib/pages/connections-page.ts'
import { findTags, formsOf, textOf } from './markup.ts'
import { CONNECTION, CONNECTIONS, FORM, NOW } from './page-views.ts'

const DAY_SECONDS = 24 * 60 * 60

test('connections page: signs out, and disconnects each client by its id; every form carries every hidden field', (t) => {
  const { html } = renderConnectionsPage(CONNECTIONS)
  const shared = { method: 'post', url: FORM.url }
  t.deepEqual(formsOf(html), [
    { ...shared, hidden: FORM.hidden, actions: ['sign-out'] },
    ...CONNECTIONS.connections.map(({ clientId }) => ({
      ...shared,
      hidden: { ...FORM.hidden, clientId },
      actions: ['disconnect'],
    })),
  ])
})

test('connections page: a session of the host’s has no way to sign out here', (t) => {
  const { html } = renderConnectionsPage({ ...CONNECTIONS, canSignOut: false, connections: [] })
  t.deepEqual(formsOf(html), [])
})

test('connections page: names each client with its host and what it may do, in words', (t) => {
  const text = textOf(renderConnectionsPage({ ...CONNECTIONS, connections: [CONNECTION] }).html)
  t.true(
    text.includes(
      'Acme Recruiter acme.example See your interviews and their results Schedule interviews on your behalf See the candidates you have access to Connected on 3 March 2026 · Last used today',
    ),
    text,
  )
})

const lastUsed = [
  [undefined, 'Not used yet'],
  [NOW, 'Last used today'],
  [NOW + 3600, 'Last used today'],
  [Date.UTC(2026, 2, 25) / 1000, 'Last used today'],
  [Date.UTC(2026, 2, 25) / 1000 - 1, 'Last used yesterday'],
  [NOW - 2 * DAY_SECONDS, 'Last used 2 days ago'],
  [NOW - 30 * DAY_SECONDS, 'Last used 30 days ago'],
  [NOW - 31 * DAY_SECONDS, 'Last used on 22 February 2026'],
] as const

for (const [lastUsedAt, expected] of lastUsed) {
  test(`connections page: ${expected} (${lastUsedAt}), by the days of UTC`, (t) => {
    const connections = [{ ...CONNECTION, lastUsedAt }]
    const { html } = renderConnectionsPage({ ...CONNECTIONS, connections })
    const text = textOf(html)
    t.true(text.includes(`· ${expected}`), text)
    const [connected, used] = findTags(html, 'time')
    t.is(connected?.attributes['datetime'], '2026-03-03')
    const date =
      lastUsedAt === undefined ? undefined : new Date(lastUsedAt * 1000).toISOString().slice(0, 10)
    t.is(used?.attributes['datetime'], date)
  })
}

test('connections page: says what was disconnected, in the title too', (t) => {
  const { html } = renderConnectionsPage({ ...CONNECTIONS, disconnectedName: 'Acme' })
  t.true(html.includes('<title>Disconnected: Connected applications &ndash; Teamcast</title>'))
  t.true(textOf(html).includes('Acme is disconnected'))
  t.false(textOf(renderConnectionsPage(CONNECTIONS).html).includes('is disconnected'))
})

test('connections page: a logo whose origin has no room in the policy any more is not shown', (t) => {
  const connections = Array.from({ length: 200 }, (_, index) => ({
    ...CONNECTION,
    logoUrl: `https://cdn-${index}.acme.example/logo.svg`,
  }))
  const { html, contentSecurityPolicy } = renderConnectionsPage({ ...CONNECTIONS, connections })
  const images = findTags(html, 'img')
  t.true(images.length > 50 && images.length < 200)
  for (const { attributes } of images) {
    t.true(contentSecurityPolicy.includes(new URL(attributes['src'] ?? '').origin))
  }
})
