/**
 * What processes use of the machine, as Linux counts it.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import { childrenOf } from '../helpers/start-process.ts'

/** CPU time that processes have used so far, in microseconds, by id. */
export type CpuTimes = ReadonlyMap<number, number>

/**
 * CPU time of a process and of those that it has started, in microseconds: a Postgres has one for each connection.
 * `/proc/PID/stat` has it in hundredths of a second, which is too coarse; `schedstat` of each thread has nanoseconds.
 */
export function readCpuTimes(pid: number): CpuTimes {
  return new Map([pid, ...childrenOf(pid)].map((process) => [process, cpuMicroseconds(process)]))
}

/** CPU time between two readings, in microseconds. What a process used that ended meanwhile is lost. */
export function cpuTimeBetween(before: CpuTimes, after: CpuTimes): number {
  return [...after].reduce(
    (sum, [pid, time]) => sum + Math.max(0, time - (before.get(pid) ?? 0)),
    0,
  )
}

/** Memory that a process holds, in megabytes. */
export function residentMegabytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

function cpuMicroseconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, thread) => sum + nanoseconds(pid, thread), 0) / 1000
  } catch {
    return 0 // it has ended
  }
}

function nanoseconds(pid: number, thread: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0])
}
