/**
 * What both servers are given.
 *
 * @module
 */

export const BENCH_CLIENT_ID = 'bench-client'
export const BENCH_CLIENT_SECRET = 'tcs_a-secret-of-the-benchmark-that-opens-nothing'
export const BENCH_REDIRECT_URI = 'https://client.bench.example/callback'
export const BENCH_SCOPES: ReadonlyArray<string> = ['interview:read', 'interview:create']
export const BENCH_PASSWORD = 'a password of the benchmark'
