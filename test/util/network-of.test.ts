import test from 'ava'
import { networkOf } from '../../lib/util/network-of.ts'

test('addresses of one IPv6 /64 are of one network, however they are written', (t) => {
  for (const ip of [
    '2001:db8:1:2::',
    '2001:db8:1:2::1',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:0DB8:0001:0002::1',
    '2001:db8:1:2::192.0.2.1',
    '2001:db8:1:2::1%eth0',
  ]) {
    t.is(networkOf(ip), '2001:db8:1:2', ip)
  }
  t.is(networkOf('2001:db8::1'), '2001:db8:0:0')
  t.is(networkOf('fe80::1%lo'), 'fe80:0:0:0')
  t.is(networkOf('::1'), '0:0:0:0')
})

test('addresses of two IPv6 /64 are of two networks', (t) => {
  t.not(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  t.not(networkOf('2001:db8::1:0:0:0:1'), networkOf('2001:db8::1'))
})

test('an IPv4 address is a network of its own, also as a socket for both writes it', (t) => {
  t.is(networkOf('192.0.2.1'), '192.0.2.1')
  t.not(networkOf('::ffff:192.0.2.1'), networkOf('::ffff:192.0.2.2'))
})

test('what is no address stands for itself', (t) => {
  for (const ip of ['', 'unknown', '[::1]', ':::', '_hidden']) t.is(networkOf(ip), ip)
})
