/**
 * `@teamcast/oauth-server/testing`: what the tests of a host, of an API and of a store need.
 *
 * @module
 */

export { type StorageContractCase, storageContract } from '../storage/contract/index.ts'
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
