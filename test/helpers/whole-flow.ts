/**
 * The whole flow, as a check that a server is reachable and consistent.
 *
 * @module
 */

import type { ExecutionContext } from 'ava'
import type { Browser, Visit } from './browser.ts'
import type { HostApplication } from './host-application.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from './requests.ts'

/** What the flow went through. */
export interface Flow {
  readonly browser: Browser
  readonly pages: ReadonlyArray<Visit>
  readonly tokens: Readonly<Record<string, unknown>>
}

/**
 * Takes metadata, signs in, allows, redeems, refreshes, introspects and revokes; asserts that every
 * URL on the way belongs to the issuer.
 */
export async function completeFlow(
  t: ExecutionContext,
  { issuer, client, reach, startBrowser }: HostApplication,
  browser: Browser = startBrowser(),
): Promise<Flow> {
  const metadataUrl = reach(`${issuer}/.well-known/oauth-authorization-server`)
  const metadata = await (await fetch(metadataUrl)).json()
  t.is(metadata.issuer, issuer)
  const endpoint = (name: string): string => {
    t.true(metadata[`${name}_endpoint`].startsWith(`${issuer}/oauth/`))
    return String(reach(metadata[`${name}_endpoint`]))
  }

  const signInPage = await browser.open(authorizationUrl(issuer, client))
  t.is(signInPage.status, 200)
  t.true(signInPage.url.href.startsWith(`${issuer}/oauth/continue?prt=`))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const { searchParams } = granted.callback ?? new URL('about:blank')
  t.is(searchParams.get('iss'), issuer)

  const redeemed = await postAs(client, endpoint('token'), {
    grant_type: 'authorization_code',
    code: searchParams.get('code') ?? '',
    code_verifier: CODE_VERIFIER,
  })
  t.is(redeemed.status, 200)
  const { refresh_token: refreshToken } = await redeemed.json()
  const refreshed = await postAs(client, endpoint('token'), {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })
  t.is(refreshed.status, 200)
  const tokens = await refreshed.json()
  const introspect = async (): Promise<unknown> =>
    (await postAs(client, endpoint('introspection'), { token: tokens.access_token })).json()
  t.like(await introspect(), { active: true, iss: issuer, sub: 'ada' })
  const revoked = await postAs(client, endpoint('revocation'), { token: tokens.refresh_token })
  t.is(revoked.status, 200)
  t.deepEqual(await introspect(), { active: false })
  return { browser, pages: [signInPage, consentPage, granted], tokens }
}
