/**
 * Runs the files that are its arguments, one after the other, from the directory it is started in. It
 * prints `ready` when the last one has run.
 *
 * What a file exports becomes global: what a block of the documentation declares and does not define
 * (`declare const server: AuthorizationServer`) is erased when it runs, and so is looked up there.
 *
 * @module
 */

import { flushCompileCache } from 'node:module'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

for (const [step, file] of process.argv.slice(2).entries()) {
  // Another URL each time: a block may run again, with what was exported since.
  Object.assign(globalThis, await import(`${pathToFileURL(resolve(file))}?step=${step}`))
}
await setImmediate() // what listens does so from now on
flushCompileCache() // for the processes after this one, whatever ends it
process.stdout.write('ready\n')
