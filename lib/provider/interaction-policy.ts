/**
 * When oidc-provider must send the browser to our pages. lib/interaction determines which page is shown; both
 * use the same policies.
 *
 * @module
 */

import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { type AuthorizeStoredClient, findAccessRefusal } from '../clients/client-access.ts'
import { consentInTenant, scopesOf } from '../consent/consent.ts'
import { needsConsent } from '../consent/consent-policy.ts'
import type { Progress } from '../interaction/pending-request.ts'
import { exceedsMaxAge } from '../openid-connect/authentication-request.ts'
import type { Storage } from '../storage/storage.ts'
import { userOf } from './account.ts'
import { HINTED_USER_PARAMETER } from './authorization-request.ts'
import { clientRecordOf } from './client-metadata.ts'
import { toServiceUnavailable } from './errors.ts'
import { completionOf } from './request-result.ts'

const { Check, Prompt, base } = interactionPolicy

/** Dependencies of the policy. */
export interface InteractionPolicyDependencies {
  readonly authorizeClient: AuthorizeStoredClient
  /** When the signed-in user authenticated; seconds since the Unix epoch. */
  readonly authenticatedAt: (ctx: KoaContextWithOIDC) => number | undefined
  readonly now: () => number
}

/** Creates the prompts, in the order of our pages: select account, sign in, access refused, consent. */
export function createInteractionPolicy({
  authorizeClient,
  authenticatedAt,
  now,
}: InteractionPolicyDependencies): interactionPolicy.DefaultPolicy {
  const policy = base()
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)

  const signIn = policy.get('login')
  // It has a clock of its own, and does not know when the user authenticated at the host.
  signIn?.checks.remove('max_age')
  signIn?.checks.add(
    new Check(
      'authentication_too_old',
      'the user authenticated longer ago than max_age',
      'login_required',
      (ctx) => {
        const maxAge = ctx.oidc.params?.['max_age']
        const hasSignedIn = completionOf(ctx.oidc)?.hasSignedIn ?? false
        return (
          maxAge !== undefined &&
          !hasSignedIn &&
          exceedsMaxAge(authenticatedAt(ctx), Number(maxAge), now())
        )
      },
    ),
  )
  signIn?.checks.add(
    new Check(
      'other_account',
      'id_token_hint names another user',
      'login_required',
      ({ oidc: { params, session } }) => {
        const hintedUserId = params?.[HINTED_USER_PARAMETER]
        return hintedUserId !== undefined && session?.accountId !== hintedUserId
      },
    ),
  )
  signIn?.checks.add(
    new Check(
      'account_not_found',
      'the user of the session does not exist or is disabled',
      'login_required',
      (ctx) => {
        const { session, account } = ctx.oidc
        return session?.accountId !== undefined && account === undefined
      },
    ),
  )

  const access = new Prompt(
    { name: 'access' },
    new Check(
      'access_refused',
      'the user may not use this client',
      'access_denied',
      async (ctx) => {
        const user = userOf(ctx.oidc.account)
        if (user === undefined) return false
        const client = clientRecordOf(requiredClient(ctx))
        const refusal = await toServiceUnavailable(() =>
          findAccessRefusal(authorizeClient, client, user),
        )
        return refusal !== undefined
      },
    ),
  )
  policy.add(access, 2)

  // Our scopes are resource scopes; oidc-provider would look for them among the OIDC scopes.
  policy.get('consent')?.checks.remove('op_scopes_missing')
  return policy
}

/**
 * Creates the grant of an authorization, if the user has consented. It carries the consent id to the
 * authorization code, and is never saved: oidc-provider needs no more of it than its identifier.
 */
export async function loadGrant(
  ctx: KoaContextWithOIDC,
  consents: Storage['consents'],
): Promise<InstanceType<KoaContextWithOIDC['oidc']['provider']['Grant']> | undefined> {
  const { oidc } = ctx
  const client = requiredClient(ctx)
  const { clientId } = client
  const user = userOf(oidc.account)
  if (user === undefined) return undefined
  const { userId, tenantId } = user

  const redirectUri = String(oidc.params?.['redirect_uri'])
  // The client may have been changed since the request was validated.
  if (!client.redirectUriAllowed(redirectUri)) throw new errors.InvalidRedirectUri()

  const consent = consentInTenant(await consents.find(userId, clientId), tenantId)
  if (consent === undefined) return undefined
  const requestedScopes = [...oidc.requestParamScopes]
  const mustAsk = needsConsent({
    requestedScopes,
    grantedScopes: scopesOf(consent),
    consentedScopes: consentedScopesOf(oidc.result, userId),
    isConsentPrompted: oidc.prompts.has('consent'),
    redirectUri,
  })
  if (mustAsk) return undefined

  const grant = new oidc.provider.Grant({ accountId: userId, clientId })
  grant.jti = consent.consentId
  for (const resource of Object.keys(oidc.resourceServers ?? {})) {
    grant.addResourceScope(resource, requestedScopes.join(' '))
  }
  return grant
}

/** The scopes that this user granted for this request. */
function consentedScopesOf(result: unknown, userId: string): ReadonlyArray<string> | undefined {
  const { consent } = (result ?? {}) as Pick<Progress, 'consent'>
  return consent?.userId === userId ? consent.scopes : undefined
}

function requiredClient(
  ctx: KoaContextWithOIDC,
): NonNullable<KoaContextWithOIDC['oidc']['client']> {
  const { client } = ctx.oidc
  if (client === undefined) throw new Error('oidc-provider asked for a prompt without a client')
  return client
}
