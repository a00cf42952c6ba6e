import { TEAMCAST_SCOPES } from '@teamcast/oauth-server'
import test from 'ava'
import {
  formatScopes,
  intersect,
  isPermissionCode,
  isSubset,
  parseScopes,
} from '../../lib/scopes/scope.ts'
import { describeScope } from '../../lib/scopes/scope-catalogue.ts'

test('TEAMCAST_SCOPES: the published codes, each with a sentence, frozen', (t) => {
  t.deepEqual(Object.keys(TEAMCAST_SCOPES), [
    'interview:read',
    'interview:create',
    'interview:update',
    'interview:delete',
    'interview:conduct',
    'interview:approve',
    'candidate:read',
  ])
  t.true(Object.keys(TEAMCAST_SCOPES).every(isPermissionCode))
  const descriptions = Object.keys(TEAMCAST_SCOPES).map((scope) =>
    describeScope(scope, TEAMCAST_SCOPES),
  )
  t.true(descriptions.every(({ description }) => /^[A-Z].* .*[^.]$/.test(description)))
  t.true(Object.isFrozen(TEAMCAST_SCOPES))
  const isSensitive = (scope: string): boolean => describeScope(scope, TEAMCAST_SCOPES).isSensitive
  t.deepEqual(Object.keys(TEAMCAST_SCOPES).filter(isSensitive), [
    'interview:delete',
    'interview:approve',
  ])
})

for (const code of ['interview:read', 'a:b', 'interview_2:read-all']) {
  test(`isPermissionCode: ${code} is one`, (t) => t.true(isPermissionCode(code)))
}

const notPermissionCodes = [
  '',
  'read',
  ':read',
  'interview:',
  'interview:read:all',
  'Interview:read',
  'interview:Read',
  'interview :read',
  ' interview:read',
  'interview:read\n',
  'interview:*',
  '2interview:read',
  'openid',
  'offline_access',
]
for (const code of notPermissionCodes) {
  test(`isPermissionCode: ${JSON.stringify(code)} is none`, (t) => t.false(isPermissionCode(code)))
}

test('parseScopes: reads scopes in their order, each once (RFC 6749 §3.3)', (t) => {
  t.deepEqual(parseScopes('b:b a:a b:b'), ['b:b', 'a:a'])
  t.deepEqual(parseScopes('!#[]~'), ['!#[]~'])
  t.deepEqual(parseScopes('  b:b  a:a '), ['b:b', 'a:a'])
})

for (const malformed of ['', ' ', 'a\tb', ' a\t', 'a\nb', 'a"b', 'a\\b', 'ä', 'a\0']) {
  test(`parseScopes: ${JSON.stringify(malformed)} is malformed (RFC 6749 §3.3)`, (t) => {
    t.is(parseScopes(malformed), undefined)
  })
}

test('formatScopes: writes what parseScopes reads', (t) => {
  t.is(formatScopes(['a:a', 'b:b']), 'a:a b:b')
})

test('isSubset and intersect: compare scopes as a whole', (t) => {
  t.true(isSubset([], []))
  t.true(isSubset(['a'], ['b', 'a']))
  t.false(isSubset(['interview:read'], ['interview:readall', 'interview']))
  t.deepEqual(intersect(['c', 'a', 'b'], ['a', 'c', 'd']), ['c', 'a'])
})
