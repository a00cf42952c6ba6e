/**
 * A thousand requests a second to an API, while the issuer's keys rotate and one is revoked.
 *
 * `node --conditions=teamcast-source test/bench/key-rotation.ts`. Prints what was refused, and how late.
 *
 * @module
 */

import { startPostgres } from '../helpers/start-postgres.ts'
import { startRotatingSystem } from '../helpers/start-rotating-system.ts'

const LOAD = { connections: 32, requestsPerSecond: 1000, tokensPerSecond: 50 }
const ANSWERS = 10_000

const postgres = await startPostgres()
const location = { kind: 'postgres', socketDirectory: postgres.socketDirectory } as const
const { traffic, keys, signingKeyId, stop } = await startRotatingSystem(location, LOAD)
const { answers, tokens, until } = traffic
const startedAt = performance.now()

await until(() => answers.length >= ANSWERS)
await keys.rotate('signing')
await until(() => answers.length >= 2 * ANSWERS)
const refusedInRotation = answers.filter(({ status }) => status !== 204).length

const keyId = await signingKeyId()
const askedAt = Date.now()
const revokedAt = Number(await keys.revoke(keyId)) * 1000
await until(() => answers.some(({ status }) => status === 401))
const refusedAt = answers.find(({ status }) => status === 401)?.endedAt ?? 0
const end = answers.length + ANSWERS
await until(() => answers.length >= end)
const seconds = (performance.now() - startedAt) / 1000
await traffic.stop()

const ofKey = answers.filter((answer) => answer.keyId === keyId)
const lastSigned = tokens.findLast((token) => token.keyId === keyId)?.requestedAt ?? 0
const figures = {
  'requests a second': Math.round(answers.length / seconds),
  'requests in all': answers.length,
  'refused during the rotation': refusedInRotation,
  'refused of other keys': answers.filter((a) => a.keyId !== keyId && a.status !== 204).length,
  'revoked after the command, ms': revokedAt - askedAt,
  'last signed with it after the command, ms': lastSigned - askedAt,
  'first refused after the revocation, ms': refusedAt - revokedAt,
  'accepted after the first refusal': ofKey.filter(
    (answer) => answer.startedAt > refusedAt && answer.status === 204,
  ).length,
  'refused after it': ofKey.filter(({ status }) => status === 401).length,
}
for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name}: ${value}\n`)
await stop()
await postgres.stop()
