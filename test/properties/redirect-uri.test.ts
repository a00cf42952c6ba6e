import test from 'ava'
import fc from 'fast-check'
import { allowsClientImpersonation, validateRedirectUri } from '../../lib/clients/redirect-uri.ts'
import { ANY_CHARACTER } from '../helpers/any-character.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const anyUrl = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['http', 'https'] }),
  fc.string({ unit: ANY_CHARACTER }),
  fc
    .tuple(
      fc.constantFrom('https', 'http', 'javascript', 'data', 'com.example.app', 'HTTPS', ''),
      fc.constantFrom('://', ':', ':/', ':\\\\', ''),
      fc.stringMatching(/^[ -~]{0,30}$/),
    )
    .map((parts) => parts.join('')),
)

test('redirect URIs: what may be registered is a URL that no browser rewrites (RFC 9700 §4.1.3)', (t) => {
  fc.assert(
    fc.property(anyUrl, (redirectUri) => {
      if (validateRedirectUri(redirectUri) !== undefined) return
      const url = new URL(redirectUri)
      t.true([redirectUri, `${redirectUri}/`].includes(url.href))
      t.is(url.username + url.password + url.hash, '')
      t.false(['javascript:', 'data:', 'blob:', 'file:', 'about:'].includes(url.protocol))
      t.true(url.protocol !== 'http:' || LOOPBACK.includes(url.hostname))
      t.notRegex(redirectUri, /[^!-~]|#/)
    }),
    { numRuns: 2000 },
  )
})

test('redirect URIs: nothing makes the check throw', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: ANY_CHARACTER }), (text) => {
      validateRedirectUri(text)
      allowsClientImpersonation(text)
    }),
  )
  t.pass()
})

test('redirect URIs: a URL of a host proves who is there, one of the own machine does not', (t) => {
  fc.assert(
    fc.property(
      fc.webUrl({ validSchemes: ['https'] }),
      fc.constantFrom(...LOOPBACK),
      fc.nat({ max: 65_535 }),
      (web, host, port) => {
        t.false(allowsClientImpersonation(web))
        t.true(allowsClientImpersonation(`http://${host}:${port}/callback`))
      },
    ),
  )
})
