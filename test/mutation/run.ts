/**
 * Changes the code a little, many times, and looks whether the tests notice: `npm run mutation -- [parts]`.
 * Each part has the tests that are about it, which run in seconds. It says how much was noticed, prints what was not,
 * and fails below 90 % of a part. What changes the code is installed beside this file, for this command alone.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const STRYKER = join(import.meta.dirname, 'node_modules', '.bin', 'stryker')

const WANTED_PERCENT = 90

/** What is changed, and the test files that are to notice. */
interface Part {
  readonly mutate: ReadonlyArray<string>
  readonly tests: ReadonlyArray<string>
}

const PARTS: Readonly<Record<string, Part>> = {
  redemption: {
    mutate: ['lib/tokens/authorization-code.ts'],
    tests: ['tokens/authorization-code', 'interaction/failures'],
  },
  'refresh-token': { mutate: ['lib/tokens/refresh-token.ts'], tests: ['tokens/refresh-token'] },
  'access-token': { mutate: ['lib/tokens/access-token.ts'], tests: ['tokens/access-token'] },
  'redirect-uri': {
    mutate: ['lib/clients/redirect-uri.ts'],
    tests: [
      'clients/redirect-uri',
      'clients/register',
      'properties/redirect-uri',
      'endpoints/authorize.client',
    ],
  },
  consent: {
    mutate: ['lib/consent/consent-policy.ts'],
    tests: ['consent/consent', 'consent/narrowed-client'],
  },
  grants: {
    mutate: ['lib/grants/*.ts'],
    tests: [
      'grants/*',
      'endpoints/token.authorization-code*',
      'endpoints/token.client-credentials',
      'endpoints/token.refresh-token*',
      'endpoints/resources',
    ],
  },
  'client-authentication': {
    mutate: ['lib/http/client-authentication/*.ts'],
    tests: ['endpoints/client-authentication*'],
  },
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !(name in PARTS))
if (unknown.length > 0) {
  throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`)
}

for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  process.stdout.write(`\n${name}\n`)
  if (!mutate(part)) process.exitCode = 1
}

/** Changes a part. @returns Whether the tests noticed enough of the changes. */
function mutate({ mutate: files, tests }: Part): boolean {
  const paths = tests.map((test) => `test/${test}.test.ts`).join(' ')
  const options = {
    mutate: files,
    testRunner: 'command',
    commandRunner: { command: `node_modules/.bin/ava --fail-fast ${paths}` },
    plugins: [],
    reporters: ['clear-text', 'progress-append-only'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    thresholds: { high: 100, low: WANTED_PERCENT, break: WANTED_PERCENT },
    concurrency: 2,
    timeoutMS: 120_000,
    tempDirName: '.stryker-tmp',
    ignorePatterns: ['coverage', 'dist', 'docs', 'examples/public', 'test/mutation/node_modules'],
  }
  const directory = mkdtempSync(join(tmpdir(), 'mutation-'))
  const file = join(directory, 'stryker.json')
  writeFileSync(file, JSON.stringify(options))
  try {
    return spawnSync(STRYKER, ['run', file], { stdio: 'inherit' }).status === 0
  } finally {
    rmSync(directory, { recursive: true })
  }
}
