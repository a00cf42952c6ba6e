/**
 * The configuration of oidc-provider: everything that the contract does not have is off.
 *
 * @module
 */

import { generateKeyPairSync } from 'node:crypto'
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { AuthorizeStoredClient } from '../clients/client-access.ts'
import type { CookieSettings } from '../http/cookies.ts'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import {
  AUTHORIZATION_CODE_TTL_SECONDS,
  PENDING_REQUEST_TTL_SECONDS,
  SESSION_TTL_SECONDS,
} from '../lifetimes.ts'
import { validateMaxAge, validateNonce } from '../openid-connect/authentication-request.ts'
import type { IdTokens } from '../openid-connect/id-token.ts'
import { acceptedScopes, findResource } from '../resources/protected-resource.ts'
import { formatScopes } from '../scopes/scope.ts'
import type { Storage } from '../storage/storage.ts'
import type { FindUser } from '../users/user.ts'
import { toAccount } from './account.ts'
import {
  defaultResources,
  HINTED_USER_PARAMETER,
  requireAuthorizationCodeClient,
  requireQueryResponse,
  requireRegisteredScope,
  requireScopeOfResources,
  requireValid,
  resolveIdTokenHint,
  validateState,
} from './authorization-request.ts'
import { CLIENT_RECORD_MEMBER } from './client-metadata.ts'
import { toServiceUnavailable } from './errors.ts'
import { createInteractionPolicy, loadGrant } from './interaction-policy.ts'
import { createProviderAdapter, type ProviderAdapterDependencies } from './provider-adapter.ts'

/** Names of two cookies of oidc-provider that are never sent to browsers (interaction-cookies.ts). */
export const INTERACTION_COOKIE = 'oauth_interaction'
export const RESUME_COOKIE = 'oauth_resume'

/** The input of the configuration. */
export interface ConfigurationInput extends ProviderAdapterDependencies {
  readonly consents: Storage['consents']
  readonly cookies: CookieSettings
  readonly scopes: ReadonlyArray<string>
  /** Whether requests must have `state`. */
  readonly requireState: boolean
  readonly findUser: FindUser
  readonly idTokens: Pick<IdTokens, 'verify'>
  readonly authorizeClient: AuthorizeStoredClient
  /** Called before the user is looked up; applies the session of the host. */
  readonly onAuthorizationRequest: (ctx: KoaContextWithOIDC) => Promise<void>
  /** The URL of the sign-in and consent pages for a new pending request. */
  readonly interactionUrl: (
    ctx: KoaContextWithOIDC,
    pendingRequestToken: string,
    clientId: string,
  ) => string
  /** Renders errors that cannot be sent to the client. */
  readonly renderError: NonNullable<Configuration['renderError']>
}

/** Creates the configuration. */
export function toProviderConfiguration(input: ConfigurationInput): Configuration {
  const { resources, consents, cookies, findUser, scopes } = input
  const cookieOptions = { signed: true, httpOnly: true, sameSite: 'lax', overwrite: true } as const
  return {
    adapter: createProviderAdapter(input),
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: {},
    clientBasedCORS: () => false,
    // oidc-provider signs nothing here, but requires a key that matches its client defaults.
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: [], response_types: [] },
    jwks: { keys: [unusedKey()] },
    cookies: {
      long: { ...cookieOptions, path: cookies.path },
      short: cookieOptions,
      names: {
        session: `${cookies.namePrefix}oauth_session`,
        interaction: INTERACTION_COOKIE,
        resume: RESUME_COOKIE,
      },
    },
    expiresWithSession: () => false,
    extraClientMetadata: { properties: [CLIENT_RECORD_MEMBER] },
    extraParams: {
      [HINTED_USER_PARAMETER]: null,
      nonce: (_ctx, nonce) => requireValid(nonce, validateNonce),
      max_age: (_ctx, maxAge) => requireValid(maxAge, validateMaxAge),
      state: (_ctx, state) => validateState(state, input.requireState),
      scope: async (ctx) => {
        requireAuthorizationCodeClient(ctx)
        requireQueryResponse(ctx)
        requireRegisteredScope(ctx)
        requireScopeOfResources(ctx)
        await resolveIdTokenHint(ctx, input.idTokens)
        await input.onAuthorizationRequest(ctx)
      },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => defaultResources(ctx, resources),
        useGrantedResource: () => true,
        getResourceServerInfo(ctx, uri) {
          const resource = findResource(resources, uri)
          if (resource === undefined) throw new errors.InvalidTarget()
          const accepted = acceptedScopes(resource, [...ctx.oidc.requestParamScopes])
          const { audience } = resource
          return { scope: formatScopes(accepted), audience, accessTokenFormat: 'jwt' }
        },
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    findAccount: async (ctx, userId) => {
      const user = input.isSignedIn(ctx, userId) ? await findUser(userId) : undefined
      return user === undefined ? undefined : toAccount(user)
    },
    formats: { bitsOfOpaqueRandomness: 256 },
    interactions: {
      policy: createInteractionPolicy(input),
      url: (ctx, { uid, params }) => input.interactionUrl(ctx, uid, String(params['client_id'])),
    },
    loadExistingGrant: async (ctx) => toServiceUnavailable(() => loadGrant(ctx, consents)),
    pkce: { required: () => true },
    renderError: input.renderError,
    responseTypes: ['code'],
    routes: { authorization: AUTHORIZE_PATH },
    scopes: [...scopes],
    ttl: {
      AuthorizationCode: AUTHORIZATION_CODE_TTL_SECONDS,
      Grant: AUTHORIZATION_CODE_TTL_SECONDS,
      Interaction: PENDING_REQUEST_TTL_SECONDS,
      Session: SESSION_TTL_SECONDS,
    },
  }
}

type UnusedKey = Record<string, unknown> & { kty: 'EC' }

let createdKey: UnusedKey | undefined

/** One for the process: creating it takes longer than the rest of the configuration. */
function unusedKey(): UnusedKey {
  if (createdKey === undefined) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    createdKey = { ...privateKey.export({ format: 'jwk' }), kty: 'EC', use: 'sig', alg: 'ES256' }
  }
  return createdKey
}
