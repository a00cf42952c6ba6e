import test from 'ava'
import { parseIpAddress } from '../../lib/util/ip-address.ts'
import { networkOf } from '../../lib/util/network-of.ts'

const SPELLINGS: Readonly<Record<string, ReadonlyArray<string>>> = {
  '203.0.113.8': [
    '203.0.113.8',
    '203.0.113.8:50001', // Azure Application Gateway, AWS with its client port kept
    '::ffff:203.0.113.8', // a socket for both (RFC 4291 §2.5.5.2)
    '::FFFF:cb00:7108',
    '[::ffff:203.0.113.8]:50001',
  ],
  '2001:db8::1': [
    '2001:db8::1',
    '2001:0DB8:0000:0000:0000:0000:0000:0001',
    '[2001:db8::1]',
    '[2001:db8::1]:50001',
    '2001:db8::1%eth0',
    '[2001:db8::1%25eth0]:50001',
    '2001:db8::0.0.0.1',
  ],
  '::1': ['::1', '0:0:0:0:0:0:0:1', '[::1]:1'],
  'fe80::1': ['fe80::1%lo', 'fe80::1%', 'fe80::1%\u202e<b>'],
  '64:ff9b::cb00:7108': ['64:ff9b::203.0.113.8', '64:ff9b::cb00:7108', '[64:ff9b::cb00:7108]:9'],
}

test('parseIpAddress: one address is one text, however it is written, with a port or without (RFC 5952)', (t) => {
  for (const [address, spellings] of Object.entries(SPELLINGS)) {
    for (const spelling of spellings) t.is(parseIpAddress(spelling), address, spelling)
  }
})

test('parseIpAddress: text that is no address gives undefined', (t) => {
  for (const text of [
    '',
    ' ',
    'unknown', // RFC 7239 §6.2
    '_hidden', // RFC 7239 §6.3
    'localhost',
    ':::',
    '[',
    '[]',
    '[::1',
    '[::1]x',
    '[::1]:x',
    '[::1]:123456',
    '[203.0.113.8]:1',
    '203.0.113.8:',
    '203.0.113.8:x',
    '203.0.113.8:123456',
    '203.0.113.8:1:1',
    '203.0.113.8 ',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.08',
    '0xcb.0.113.8',
    '3405803784',
    "203.0.113.7' or 1=1",
    '203.0.113.8%eth0',
    'a'.repeat(16_000),
    ':'.repeat(16_000),
  ]) {
    t.is(parseIpAddress(text), undefined, text.slice(0, 40))
    t.is(networkOf(text), undefined, text.slice(0, 40))
  }
})

test('networkOf: addresses of one IPv6 /64 are of one network, however they are written', (t) => {
  for (const ip of [
    '2001:db8:1:2::',
    '2001:db8:1:2::1',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:0DB8:0001:0002::1',
    '2001:db8:1:2::192.0.2.1',
    '2001:db8:1:2::1%eth0',
    '[2001:db8:1:2::1]:50001',
    '[2001:db8:1:2::2]:50002',
  ]) {
    t.is(networkOf(ip), '2001:db8:1:2', ip)
  }
})

const ONE_PARTY: ReadonlyArray<readonly [what: string, ReadonlyArray<string>]> = [
  ['an IPv4 address', ['192.0.2.1', '192.0.2.1:1', '192.0.2.1:2', '::ffff:192.0.2.1']],
  ['the IPv4 address next to it', ['192.0.2.2', '[::ffff:c000:202]:1']],
  ['a /64', ['2001:db8:1:2::1', '2001:db8:1:2::2']],
  ['the /64 next to it', ['2001:db8:1:3::1', '2001:db8:1:3:ffff::']],
  ['an IPv4 address behind NAT64 (RFC 6052 §2.1)', ['64:ff9b::192.0.2.1', '[64:ff9b::c000:201]:1']],
  ['another one behind NAT64', ['64:ff9b::192.0.2.2']],
  ['an IPv4 address behind a NAT64 of its own (RFC 8215)', ['64:ff9b:1::192.0.2.1']],
  ['another one behind it', ['64:ff9b:1::192.0.2.2', '64:ff9b:1:0::c000:202']],
  ['an IPv4 address behind a stateless translator (RFC 6145 §2.2)', ['::ffff:0:192.0.2.1']],
  ['another one behind it', ['::ffff:0:192.0.2.2', '::ffff:0:c000:202']],
  ['a 6to4 site (RFC 3056 §2)', ['2002:c000:201::1', '2002:c000:201:ffff::1']],
  ['another site', ['2002:c000:202::1']],
  [
    'a Teredo client (RFC 4380 §4)',
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:0:4136:e379:0:1111:3fff:fdd2'],
  ],
  ['another client of its server', ['2001:0:4136:e378:8000:63bf:3fff:fdd3']],
]

test('networkOf: an address that is made from an IPv4 address is of one network with that address only', (t) => {
  const networks = ONE_PARTY.map(([what, addresses]) => {
    const [network, ...others] = new Set(addresses.map(networkOf))
    t.deepEqual(others, [], what)
    t.is(typeof network, 'string', what)
    return network
  })
  t.is(new Set(networks).size, ONE_PARTY.length)
})
