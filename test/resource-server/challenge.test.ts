import { formatBearerChallenge } from '@teamcast/oauth-server/resource-server'
import test from 'ava'
import fc from 'fast-check'
import { ANY_CHARACTER } from '../helpers/any-character.ts'

test('formatBearerChallenge: writes all parameters quoted, in a fixed order (RFC 6750 §3)', (t) => {
  const challenge = formatBearerChallenge({
    scopes: ['interview:read', 'candidate:read'],
    errorDescription: 'too little',
    error: 'insufficient_scope',
    realm: 'https://api.test',
  })
  t.is(
    challenge,
    'Bearer realm="https://api.test", error="insufficient_scope", error_description="too little", scope="interview:read candidate:read"',
  )
})

test('formatBearerChallenge: absent parameters are left out', (t) => {
  t.is(formatBearerChallenge({ error: 'invalid_token' }), 'Bearer error="invalid_token"')
  t.is(formatBearerChallenge({}), 'Bearer')
})

test('formatBearerChallenge: quotes, backslashes and line breaks cannot break out', (t) => {
  t.is(
    formatBearerChallenge({ realm: 'a"b\\c\r\nSet-Cookie: d=é' }),
    'Bearer realm="a?b?c??Set-Cookie: d=?"',
  )
})

test('formatBearerChallenge: any value gives a well-formed header', (t) => {
  const anything = fc.string({ unit: ANY_CHARACTER })
  fc.assert(
    fc.property(anything, anything, fc.array(anything), (realm, errorDescription, scopes) => {
      const challenge = formatBearerChallenge({ realm, errorDescription, scopes })
      t.regex(
        challenge,
        /^Bearer realm="[ !#-[\]-~]*", error_description="[ !#-[\]-~]*", scope="[ !#-[\]-~]*"$/,
      )
      t.notThrows(() => new Headers({ 'www-authenticate': challenge }))
    }),
  )
})
