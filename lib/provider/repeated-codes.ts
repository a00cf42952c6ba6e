/**
 * Repeated responses: a double click or a reload gets the same authorization code.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { Provider } from 'oidc-provider'

/**
 * Derives the code of a pending request from the session identifier, which only the browser has. So a session
 * gets the same code each time it resumes the request, no code is stored, and oidc-provider still checks
 * every time whether the user may have it.
 */
export function repeatCodes(provider: Provider): void {
  const { prototype } = provider.AuthorizationCode
  const { save } = prototype
  prototype.save = function () {
    const { Interaction: pendingRequest } = Provider.ctx?.oidc.entities ?? {}
    const sessionIdentifier = Provider.ctx?.oidc.session?.jti
    if (pendingRequest !== undefined && sessionIdentifier !== undefined) {
      this.jti = codeOf(sessionIdentifier, pendingRequest.uid, this.grantId)
    }
    return save.call(this)
  }
}

/** @param consentId A consent that is given anew gets another code: no code is redeemed under two consents. */
function codeOf(
  sessionIdentifier: string,
  pendingRequestToken: string,
  consentId: string | undefined,
): string {
  const hmac = createHmac('sha256', sessionIdentifier)
  return hmac.update(`authorization-code\0${pendingRequestToken}\0${consentId}`).digest('base64url')
}
