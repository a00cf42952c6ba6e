import test from 'ava'
import { openResponse, sealResponse } from '../../lib/tokens/sealed-response.ts'

const RESPONSE = '{"access_token":"é \u{1F600}","token_type":"Bearer"}'

test('sealed response: the spent token opens it, byte for byte (decision 9)', (t) => {
  t.is(openResponse(sealResponse(RESPONSE, 'spent'), 'spent'), RESPONSE)
})

test('sealed response: no other token opens it (decision 9)', (t) => {
  const sealed = sealResponse(RESPONSE, 'spent')
  for (const other of ['', 'Spent', 'spent ', sealed]) t.throws(() => openResponse(sealed, other))
})

test('sealed response: it shows nothing of the response and never repeats (decision 7)', (t) => {
  const [one, other] = [sealResponse(RESPONSE, 'spent'), sealResponse(RESPONSE, 'spent')]
  t.not(one, other)
  t.false(Buffer.from(one, 'base64url').includes('access_token'))
})

test('sealed response: changed in any byte, or cut short, it does not open', (t) => {
  const bytes = Buffer.from(sealResponse(RESPONSE, 'spent'), 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    t.throws(() => openResponse(changed.toString('base64url'), 'spent'), undefined, `byte ${index}`)
  }
  for (const length of [0, 5, 12, 20, 28, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString('base64url')
    t.throws(() => openResponse(cut, 'spent'), undefined, `${length} bytes`)
  }
})
