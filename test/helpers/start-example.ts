/**
 * The example in a process of its own.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'
import { findFreePort } from './free-port.ts'

const ROOT = new URL('../../', import.meta.url)

/** What Node runs, as `npm start` has it. */
export const START_PARAMETERS = ['--conditions=teamcast-source', 'examples/main.ts']

/** What it prints last when it is ready. */
const READY = /^Open .+$/m
const PARTNER_OFF = '0'

type Environment = Readonly<Record<string, string>>

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The example, running. */
export interface RunningExample {
  /** Where the host application listens. */
  readonly hostUrl: string
  /** Where Acme Recruiter listens, unless it is turned off. */
  readonly partnerUrl: string
  /** What it printed until it was ready. */
  readonly greeting: string
  /** Asks it to end. */
  terminate(): void
  /** Waits until it has ended. */
  readonly ended: Promise<Ending>
  /** Ends it with SIGTERM. Throws unless it ends by itself, with exit code 0 and without complaints. */
  end(): Promise<void>
}

/**
 * Starts the example and waits until it says that it is ready. End it in the teardown of the test.
 *
 * @param parameters What Node runs. Defaults to the example in one file, which starts with half of the CPU.
 */
export async function startExample(
  environment: Environment = {},
  parameters?: ReadonlyArray<string>,
): Promise<RunningExample> {
  const port = environment['PORT'] ?? String(await findFreePort())
  const clientPort = environment['CLIENT_PORT'] ?? String(await findFreePort())
  const { child, output, ended } = run(
    { ...environment, PORT: port, CLIENT_PORT: clientPort },
    parameters ?? (await bundledParameters()),
  )
  const isReady = Promise.withResolvers<void>()
  child.stdout?.on('data', () => {
    if (READY.test(output.stdout)) isReady.resolve()
  })
  void ended.then((ending) => isReady.reject(new Error(`it ended: ${JSON.stringify(ending)}`)))
  await isReady.promise

  return {
    hostUrl: `http://localhost:${port}`,
    partnerUrl: clientPort === PARTNER_OFF ? '' : `http://localhost:${clientPort}`,
    greeting: output.stdout,
    ended,
    terminate: () => {
      child.kill('SIGTERM')
    },
    async end() {
      child.kill('SIGTERM')
      const { code, signal, stderr } = await ended
      if (code === 0 && signal === null && stderr === '') return
      throw new Error(`it did not end cleanly: ${JSON.stringify({ code, signal, stderr })}`)
    },
  }
}

/** Runs the example with settings that end it at once. */
export async function runExample(environment: Environment): Promise<Ending> {
  const settings = { CLIENT_PORT: PARTNER_OFF, PORT: '0', ...environment }
  return await run(settings, await bundledParameters()).ended
}

async function bundledParameters(): Promise<ReadonlyArray<string>> {
  return [await bundle(fileURLToPath(new URL('examples/main.ts', ROOT)))]
}

function run(
  environment: Environment,
  parameters: ReadonlyArray<string>,
): {
  readonly child: ChildProcess
  readonly output: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<Ending>
} {
  const unset = { ISSUER: '', SUPER_ADMIN_TOKEN: '' }
  const child = spawn(process.execPath, parameters, {
    cwd: ROOT,
    env: { ...process.env, ...unset, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text
    })
  }
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  return { child, output, ended }
}
