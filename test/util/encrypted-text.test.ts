import test from 'ava'
import { decryptText, encryptText } from '../../lib/util/encrypted-text.ts'

const TEXT = '{"access_token":"é \u{1F600}","token_type":"Bearer"}'

test('encrypted text: its secret decrypts it, byte for byte (ADR 0009)', (t) => {
  t.is(decryptText(encryptText(TEXT, 'used', 'retry'), 'used', 'retry'), TEXT)
})

test('encrypted text: neither another secret nor another purpose decrypts it (ADR 0009)', (t) => {
  const encrypted = encryptText(TEXT, 'used', 'retry')
  for (const other of ['', 'Used', 'used ', encrypted]) {
    t.throws(() => decryptText(encrypted, other, 'retry'))
  }
  t.throws(() => decryptText(encrypted, 'used', 'another purpose'))
})

test('encrypted text: it shows nothing of the text and never repeats (ADR 0006)', (t) => {
  const [one, other] = [encryptText(TEXT, 'used', 'retry'), encryptText(TEXT, 'used', 'retry')]
  t.not(one, other)
  t.false(Buffer.from(one, 'base64url').includes('access_token'))
})

test('encrypted text: changed in any byte, or cut short, it is not decrypted', (t) => {
  const bytes = Buffer.from(encryptText(TEXT, 'used', 'retry'), 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    t.throws(
      () => decryptText(changed.toString('base64url'), 'used', 'retry'),
      undefined,
      `byte ${index}`,
    )
  }
  for (const length of [0, 5, 12, 20, 28, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString('base64url')
    t.throws(() => decryptText(cut, 'used', 'retry'), undefined, `${length} bytes`)
  }
})
