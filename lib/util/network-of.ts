import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { parseIpAddress } from './ip-address.ts'

/**
 * The network of an address, as far as it is one party's. An IPv4 address stands for itself. An IPv6
 * address stands for its whole /64, out of which a single machine may take as many as it likes
 * (RFC 4862, RFC 8981), unless it is made from an IPv4 address: then it stands for that one.
 *
 * @returns A name for it; `undefined` for what is no address.
 */
export function networkOf(ip: string): string | undefined {
  const address = parseIpAddress(ip)
  if (address === undefined || isIPv4(address)) return address
  const ipv6 = ipaddr.IPv6.parse(address)
  const groups = ipv6.parts.map((part) => part.toString(16))
  switch (ipv6.range()) {
    case 'rfc6052': // NAT64, also with a prefix of its own (RFC 8215)
    case 'rfc6145': // stateless translation
      return address
    case '6to4': // the IPv4 address of a site, and any number of /64 behind it (RFC 3056 §2)
      return groups.slice(0, 3).join(':')
    case 'teredo': // a server, a port that changes, and the client (RFC 4380 §4)
      return [...groups.slice(0, 2), ...groups.slice(6)].join(':')
    default:
      return groups.slice(0, 4).join(':')
  }
}
