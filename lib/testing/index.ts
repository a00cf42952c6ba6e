/**
 * `@teamcast/oauth-server/testing`: helpers for tests of hosts and APIs.
 *
 * @module testing
 */

export type { Authorization } from './authorize.ts'
export {
  startTestServer,
  type TestAccessToken,
  type TestAuthorization,
  type TestServer,
  type TestServerOptions,
  type TestUser,
  type TokenResponse,
} from './start-test-server.ts'
export type { TestClock } from './test-clock.ts'
export { createUserAgent, type TestCookie, type UserAgent } from './user-agent.ts'
