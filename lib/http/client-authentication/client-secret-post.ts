import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import { presentedSecret } from './client-secret.ts'

/** `client_secret_post`: id and secret in the body (RFC 6749 §2.3.1). */
export const clientSecretPost: ClientAuthenticationMethod = {
  clientTypes: ['CONFIDENTIAL'],
  usesSecret: true,
  find({ parameters }) {
    const secret = parameters.get('client_secret')
    if (secret === undefined) return undefined
    return presentedSecret(parameters.get('client_id') ?? '', [secret])
  },
}
