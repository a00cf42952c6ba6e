/**
 * What an import costs: CPU time of the process and files loaded, for the package as it is published, and for
 * oidc-provider. Each import is the only one of its process, in turn with the others, without a compile cache.
 *
 * `npm run build && node test/bench/imports.ts`
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import packageJson from '../../package.json' with { type: 'json' }

const REPETITIONS = 15
const SPECIFIERS = [
  'oidc-provider',
  packageJson.name,
  ...[`${packageJson.name}/resource-server`, `${packageJson.name}/resource-server/node`],
]

/** Runs a program in a process of its own. @returns The number that it prints. */
function run(program: string): number {
  const { NODE_COMPILE_CACHE: _cache, ...env } = process.env
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env }).toString(),
  )
}

const cpuOf = (specifier: string): number =>
  run(`
    const before = process.cpuUsage()
    await import('${specifier}')
    const { user, system } = process.cpuUsage(before)
    console.log((user + system) / 1000)`)

const filesOf = (specifier: string): number =>
  run(`
    import { registerHooks } from 'node:module'
    const urls = new Set()
    registerHooks({
      load(url, context, nextLoad) {
        if (url.startsWith('file:')) urls.add(url)
        return nextLoad(url, context)
      },
    })
    await import('${specifier}')
    console.log(urls.size)`)

const rounds = Array.from({ length: REPETITIONS }, () => SPECIFIERS.map(cpuOf))

process.stdout.write('| import | smallest | median | files |\n|---|--:|--:|--:|\n')
for (const [index, specifier] of SPECIFIERS.entries()) {
  const cpu = rounds.map((round) => round[index] ?? Number.NaN).sort((left, right) => left - right)
  const figures = [cpu[0], cpu[Math.floor(REPETITIONS / 2)]].map((value) => value?.toFixed(0))
  const cells = [`\`${specifier}\``, ...figures, filesOf(specifier)]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}
