/** Which redirect URIs may be registered and used, and from which origins a client may call (RFC 9700 §4.1.3). */

import test from 'ava'
import {
  allowsClientImpersonation,
  isHttpsUrl,
  isOriginOf,
  isRedirectUriOf,
  validateRedirectUri,
} from '../../lib/clients/redirect-uri.ts'

test('redirect URIs: a character that no host name has is refused anywhere in the host (RFC 3986 §3.2.2)', (t) => {
  for (const host of ['*.example', 'a*b.example', 'a.example*', 'a,b.example', '[::1]*']) {
    t.false(isHttpsUrl(`https://${host}/`), host)
  }
  for (const host of ['*.example', 'a*b.example', 'a.example*', 'a;b.example']) {
    t.deepEqual(validateRedirectUri(`https://${host}/`), { rule: 'redirect-uri-host' }, host)
  }
  t.true(isHttpsUrl('https://a-b.example/'))
  t.true(isHttpsUrl('https://[2001:db8::1]/'))
})

test('redirect URIs: a scheme has a dot itself; one after it does not count (RFC 8252 §7.1)', (t) => {
  for (const redirectUri of ['javascript:com.example.app:/', 'data:com.example.app:']) {
    t.deepEqual(validateRedirectUri(redirectUri), { rule: 'redirect-uri-scheme' }, redirectUri)
  }
  t.is(validateRedirectUri('com.example.app:/callback'), undefined)
})

test('redirect URIs: the port of a host makes no private-use scheme (RFC 8252 §8.6)', (t) => {
  t.false(allowsClientImpersonation('https://spa.example:8443/callback'))
  t.true(allowsClientImpersonation('com.example.app:/callback'))
  t.true(allowsClientImpersonation('http://127.0.0.1/callback'))
})

test('redirect URIs: the port of a loopback URI is all that may differ, for PUBLIC clients (RFC 8252 §7.3)', (t) => {
  const redirectUris = [
    'http://localhost/callback',
    'http://127.0.0.1',
    'http://[::1]:4000?x=1',
    'https://spa.example/?next=http://localhost:4000/',
    'http://127.0.0.1@evil.example', // refused at registration
  ]
  const mayUse = (clientType: 'PUBLIC' | 'CONFIDENTIAL', redirectUri: string): boolean =>
    isRedirectUriOf({ clientType, redirectUris }, redirectUri)
  for (const redirectUri of redirectUris) t.true(mayUse('CONFIDENTIAL', redirectUri), redirectUri)
  for (const redirectUri of [
    'http://localhost:5000/callback',
    'http://127.0.0.1:65535',
    'http://[::1]?x=1',
  ]) {
    t.true(mayUse('PUBLIC', redirectUri), redirectUri)
    t.false(mayUse('CONFIDENTIAL', redirectUri), redirectUri)
  }
  for (const redirectUri of [
    'https://spa.example/?next=http://localhost:5000/',
    'https://evil.example/?http://localhost:5000/callback',
    'http://127.0.0.1:5000@evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1:5000/',
    'http://127.0.0.1:65536',
    'http://127.0.0.1:0',
    'http://127.0.0.1:',
    'https://localhost:5000/callback',
  ]) {
    t.false(mayUse('PUBLIC', redirectUri), redirectUri)
  }
})

test('origins: those of a PUBLIC client’s redirect URIs, whatever the port on loopback (RFC 6454 §4)', (t) => {
  const redirectUris = [
    'https://spa.example/callback',
    'http://localhost:5173/callback',
    'com.example.app:/callback',
    'no URL',
  ]
  const isOwn = (clientType: 'PUBLIC' | 'CONFIDENTIAL', origin: string): boolean =>
    isOriginOf({ clientType, redirectUris }, origin)
  for (const origin of ['https://spa.example', 'http://localhost:5173', 'http://localhost']) {
    t.true(isOwn('PUBLIC', origin), origin)
    t.false(isOwn('CONFIDENTIAL', origin), origin)
  }
  // Of a private-use scheme it is opaque, as that of any sandboxed frame is.
  for (const origin of [
    'null',
    'com.example.app://',
    'https://spa.example:8443',
    'https://spa.example/callback',
    'https://evil.example',
    'http://localhost:5173@evil.example',
  ]) {
    t.false(isOwn('PUBLIC', origin), origin)
  }
})
