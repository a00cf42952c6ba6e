import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** With the port that some proxies write behind the address, such as Azure's and AWS's. */
const IPV6_IN_BRACKETS = /^\[([^\]]*)\](?::\d{1,5})?$/
const IPV4_WITH_PORT = /^([^:]*):\d{1,5}$/

/**
 * Reads the address of a connection or of a header such as `X-Forwarded-For`.
 *
 * @param text An IPv4 address in four decimal parts, or an IPv6 address, maybe in brackets and with a
 *   zone id; either may have a port behind it.
 *
 * @returns The address alone, in one spelling: an IPv6 one as RFC 5952 has it, one that is mapped from
 *   IPv4 (RFC 4291 §2.5.5.2) as the IPv4 one. `undefined` when the text is something else.
 */
export function parseIpAddress(text: string): string | undefined {
  const [, bracketed] = IPV6_IN_BRACKETS.exec(text) ?? []
  const [, beforePort] = IPV4_WITH_PORT.exec(text) ?? []
  const address = bracketed ?? beforePort ?? text
  if (isIPv4(address)) return bracketed === undefined ? address : undefined
  // A zone id is the business of the machine that has it; in a header it may be any text.
  const [withoutZone = ''] = address.split('%')
  return isIPv6(withoutZone) ? ipaddr.process(withoutZone).toString() : undefined
}
