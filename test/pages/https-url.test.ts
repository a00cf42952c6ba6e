import test from 'ava'
import { findLogoOrigin, findLogoOrigins } from '../../lib/pages/https-url.ts'

test('findLogoOrigin: keeps host and port, drops the rest', (t) => {
  t.is(findLogoOrigin('https://cdn.acme.example/logo.svg?v=1#x'), 'https://cdn.acme.example')
  t.is(findLogoOrigin('https://Acme.Example:8443/logo.svg'), 'https://acme.example:8443')
  t.is(findLogoOrigin('https://acme.example:443/logo.svg'), 'https://acme.example')
  t.is(findLogoOrigin('https://user:secret@acme.example/logo.svg'), 'https://acme.example')
  t.is(findLogoOrigin('https://münchen.example/logo.svg'), 'https://xn--mnchen-3ya.example')
})

test('findLogoOrigin: nothing that is not https, or that a policy cannot name', (t) => {
  const logoUrls = [
    undefined,
    '',
    'logo.svg',
    '//acme.example/logo.svg',
    'http://acme.example/logo.svg',
    'data:image/png,x',
    'blob:https://acme.example/0b7f',
    'https://*.acme.example/logo.svg',
    'https://[::1]/logo.svg',
    'https://a;b/logo.svg',
  ]
  for (const logoUrl of logoUrls) t.is(findLogoOrigin(logoUrl), undefined, logoUrl)
})

test('findLogoOrigins: each origin once, in order, and nothing that is none', (t) => {
  const logoUrls = [
    'https://a.example/logo.svg',
    undefined,
    'http://b.example/logo.svg',
    'https://c.example/logo.svg',
    'https://a.example/other.svg',
  ]
  t.deepEqual(findLogoOrigins(logoUrls), ['https://a.example', 'https://c.example'])
})

test('findLogoOrigins: no more than a header should hold', (t) => {
  const logoUrls = Array.from({ length: 1000 }, (_, index) => `https://cdn-${index}.example/x`)
  const origins = findLogoOrigins(logoUrls)
  t.true(origins.length >= 50)
  t.true(origins.join(' ').length <= 2200)
})
