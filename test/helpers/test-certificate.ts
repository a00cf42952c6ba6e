/**
 * A certificate for `localhost` that signed itself, and so is its own authority.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'

/** Good for a day. */
const SELF_SIGNED = [
  ...['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
  ...['-addext', 'subjectAltName=DNS:localhost'],
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', '-', '-out', '-'],
]

/** A private key and its certificate, in PEM. */
export interface TestCertificate {
  readonly key: string
  readonly certificate: string
}

/** Creates one. */
export function createTestCertificate(): TestCertificate {
  const pem = execFileSync('openssl', SELF_SIGNED, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const start = pem.indexOf('-----BEGIN CERTIFICATE-----')
  return { key: pem.slice(0, start), certificate: pem.slice(start) }
}
