/**
 * Where a run took place.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { findBinaries } from '../helpers/start-postgres.ts'

/** The machine and what runs on it. */
export function describeMachine(loadBefore: number): Readonly<Record<string, string>> {
  const [, system = 'an unknown system'] =
    /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    'load average before': loadBefore.toFixed(1),
    system,
    Node: process.version.slice(1),
    Redis: /v=([\d.]+)/.exec(versionOf('redis-server'))?.[1] ?? '',
    PostgreSQL: `${/[\d.]+/.exec(versionOf(`${findBinaries()}/postgres`))?.[0]} on a disk, with synchronous commit`,
  }
}

/** The first line that a command prints. */
function versionOf(command: string): string {
  return execFileSync(command, ['--version'], { encoding: 'utf8' }).split('\n', 1)[0] ?? ''
}
