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
/** Tells servers without a sign-in page who signs in. */
export const BENCH_USER_HEADER = 'x-bench-user'
/** What access tokens of servers are for that issue JWTs for named resources only. */
export const BENCH_RESOURCE = 'https://api.bench.example'
export const BENCH_ACCESS_TOKEN_TTL_SECONDS = 900
export const BENCH_REFRESH_TOKEN_TTL_SECONDS = 2_592_000
