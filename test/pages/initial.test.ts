import test from 'ava'
import { initialOf } from '../../lib/pages/initial.ts'

test('initialOf: the first letter or digit, in upper case', (t) => {
  t.is(initialOf('acme'), 'A')
  t.is(initialOf('  "émile"'), 'É')
  t.is(initialOf('e\u0301mile'), 'E\u0301')
  t.is(initialOf('7 Sharp'), '7')
  t.is(initialOf('\u202Eעברית'), 'ע')
})

test('initialOf: always one letter, also where upper case has two', (t) => {
  t.is(initialOf('ßtest'), 'S')
})

test('initialOf: the first character when there is no letter, nothing for nothing', (t) => {
  t.is(initialOf('👩‍🚀 !'), '👩‍🚀')
  t.is(initialOf('   '), '')
})
