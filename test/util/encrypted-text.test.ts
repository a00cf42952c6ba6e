import test from 'ava'
import { decryptText, encryptText } from '../../lib/util/encrypted-text.ts'

const TEXT = '{"access_token":"é \u{1F600}","token_type":"Bearer"}'

test('encrypted text: its secret opens it, byte for byte (decision 9)', (t) => {
  t.is(decryptText(encryptText(TEXT, 'spent', 'retry'), 'spent', 'retry'), TEXT)
})

test('encrypted text: neither another secret nor another purpose opens it (decision 9)', (t) => {
  const encrypted = encryptText(TEXT, 'spent', 'retry')
  for (const other of ['', 'Spent', 'spent ', encrypted]) {
    t.throws(() => decryptText(encrypted, other, 'retry'))
  }
  t.throws(() => decryptText(encrypted, 'spent', 'another purpose'))
})

test('encrypted text: it shows nothing of the text and never repeats (decision 7)', (t) => {
  const [one, other] = [encryptText(TEXT, 'spent', 'retry'), encryptText(TEXT, 'spent', 'retry')]
  t.not(one, other)
  t.false(Buffer.from(one, 'base64url').includes('access_token'))
})

test('encrypted text: changed in any byte, or cut short, it does not open', (t) => {
  const bytes = Buffer.from(encryptText(TEXT, 'spent', 'retry'), 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    t.throws(
      () => decryptText(changed.toString('base64url'), 'spent', 'retry'),
      undefined,
      `byte ${index}`,
    )
  }
  for (const length of [0, 5, 12, 20, 28, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString('base64url')
    t.throws(() => decryptText(cut, 'spent', 'retry'), undefined, `${length} bytes`)
  }
})
