import { completePages } from '../../lib/testing/authorize.ts'
import { createUserAgent } from '../../lib/testing/user-agent.ts'
import { ADA } from '../helpers/start-server.ts'

/** Takes Ada from an authorization request to the client's redirect URI. @returns The URL with the answer. */
export async function follow(url: URL, redirectUri: string): Promise<URL> {
  return await completePages(url, {
    redirectUri,
    username: ADA.email,
    password: 'correct horse battery staple',
    userAgent: createUserAgent(),
  })
}
