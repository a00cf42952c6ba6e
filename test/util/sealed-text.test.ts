import test from 'ava'
import { openText, sealText } from '../../lib/util/sealed-text.ts'

const TEXT = '{"access_token":"é \u{1F600}","token_type":"Bearer"}'

test('sealed text: its secret opens it, byte for byte (decision 9)', (t) => {
  t.is(openText(sealText(TEXT, 'spent', 'retry'), 'spent', 'retry'), TEXT)
})

test('sealed text: neither another secret nor another purpose opens it (decision 9)', (t) => {
  const sealed = sealText(TEXT, 'spent', 'retry')
  for (const other of ['', 'Spent', 'spent ', sealed]) {
    t.throws(() => openText(sealed, other, 'retry'))
  }
  t.throws(() => openText(sealed, 'spent', 'another purpose'))
})

test('sealed text: it shows nothing of the text and never repeats (decision 7)', (t) => {
  const [one, other] = [sealText(TEXT, 'spent', 'retry'), sealText(TEXT, 'spent', 'retry')]
  t.not(one, other)
  t.false(Buffer.from(one, 'base64url').includes('access_token'))
})

test('sealed text: changed in any byte, or cut short, it does not open', (t) => {
  const bytes = Buffer.from(sealText(TEXT, 'spent', 'retry'), 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    t.throws(
      () => openText(changed.toString('base64url'), 'spent', 'retry'),
      undefined,
      `byte ${index}`,
    )
  }
  for (const length of [0, 5, 12, 20, 28, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString('base64url')
    t.throws(() => openText(cut, 'spent', 'retry'), undefined, `${length} bytes`)
  }
})
