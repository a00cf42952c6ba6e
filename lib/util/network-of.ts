import { isIPv6 } from 'node:net'

const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * The network of an address, as far as it is one party's: an IPv6 address stands for its whole /64, out
 * of which a single machine may take as many as it likes (RFC 4862, RFC 8981); any other for itself.
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [address] = ip.split('%')
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  // An IPv4 address that a socket for both writes as IPv6 (RFC 4291 §2.5.5.2).
  if (canonical.startsWith('::ffff:')) return canonical
  const [left = [], right = []] = canonical
    .split('::')
    .map((groups) => groups.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: GROUPS - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].slice(0, NETWORK_GROUPS).join(':')
}
