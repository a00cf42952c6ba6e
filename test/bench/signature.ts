/**
 * Times RSA-2048 signatures, in a process of its own, so that it can have the core that servers have: every message of
 * its parent is answered with the CPU time of one signature, in microseconds.
 *
 * @module
 */

import { createPrivateKey, sign } from 'node:crypto'
import { testSigningKey } from '../../lib/testing/test-keys.ts'

const SIGNATURES = 20
const key = createPrivateKey({ key: testSigningKey(), format: 'jwk' })
const text = Buffer.alloc(600, 'x') // about as long as the claims

process.on('disconnect', () => process.exit()) // nobody measures any more
process.on('message', () => {
  const before = process.cpuUsage()
  for (let count = 0; count < SIGNATURES; count += 1) sign('sha256', text, key)
  const { user, system } = process.cpuUsage(before)
  process.send?.((user + system) / SIGNATURES)
})
