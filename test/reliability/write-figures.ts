/**
 * Runs the commands of `docs/reliability.md` again, one after the other, and writes the last line that each prints in
 * place of what stands there: `npm run docs:reliability`. It stops at the first that fails.
 *
 * A command is a line of a block of the kind `console` that begins with `$ `; the line after it is what it printed last.
 *
 * @module
 */

import { exec } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = new URL('../../docs/reliability.md', import.meta.url)

const BLOCK = /^```console\n(.*?)^```$/gms
const MEASURED = /^Measured on .*$/m

const run = promisify(exec)

async function runCommands(block: string): Promise<string> {
  const lines: Array<string> = []
  for (const [, command = ''] of block.matchAll(/^\$ (.*)$/gm)) {
    process.stderr.write(`${command}\n`)
    const { stdout } = await run(command.replace(/^npm run /, 'npm run --silent '), { cwd: ROOT })
    lines.push(`$ ${command}`, stdout.trim().split('\n').at(-1) ?? '')
  }
  return `${lines.join('\n')}\n`
}

const page = await readFile(PAGE, 'utf8')
let written = page
for (const [, block = ''] of page.matchAll(BLOCK)) {
  const after = await runCommands(block)
  written = written.replace(block, () => after)
}
const today = new Date().toISOString().slice(0, 10)
const machine = `${availableParallelism()} cores, ${process.platform}, Node ${process.versions.node}`
written = written.replace(
  MEASURED,
  `Measured on ${today}: ${machine}, and the Redis and PostgreSQL of that system.`,
)
await writeFile(PAGE, written)
