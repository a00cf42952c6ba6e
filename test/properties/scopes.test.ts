import test from 'ava'
import fc from 'fast-check'
import { formatScopes, intersect, isSubset, parseScopes } from '../../lib/scopes/scope.ts'
import { ANY_CHARACTER } from '../helpers/any-character.ts'

const scope = fc.stringMatching(/^[!#-[\]-~]{1,12}$/)
const scopes = fc.uniqueArray(scope, { minLength: 1, maxLength: 8 })

test('scopes: what is written is read back', (t) => {
  fc.assert(fc.property(scopes, (given) => t.deepEqual(parseScopes(formatScopes(given)), given)))
})

test('scopes: any text is either refused or means the same after another round', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: ANY_CHARACTER }), (text) => {
      const parsed = parseScopes(text)
      t.deepEqual(parsed && parseScopes(formatScopes(parsed)), parsed)
    }),
  )
})

test('scopes: an intersection is a subset of both, keeps the order, and loses nothing', (t) => {
  fc.assert(
    fc.property(scopes, scopes, (some, others) => {
      const both = intersect(some, others)
      t.true(isSubset(both, some) && isSubset(both, others))
      t.deepEqual(
        both,
        some.filter((one) => both.includes(one)),
      )
      t.is(isSubset(some, others), both.length === some.length)
    }),
  )
})
