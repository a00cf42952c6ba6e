/**
 * The codes of a pending request that is finished twice: by a double click, or a reload of the last URL.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { Provider } from 'oidc-provider'

/**
 * Has a pending request lead to the same code each time that a session finishes it. The code is made from
 * the session's identifier, which only the browser holds and no store keeps. So nothing is kept, and
 * oidc-provider checks each time whether the user may still have it.
 */
export function repeatCodes(provider: Provider): void {
  const { prototype } = provider.AuthorizationCode
  const { save } = prototype
  prototype.save = function () {
    const { Interaction: pendingRequest } = Provider.ctx?.oidc.entities ?? {}
    const sessionIdentifier = Provider.ctx?.oidc.session?.jti
    if (pendingRequest !== undefined && sessionIdentifier !== undefined) {
      this.jti = codeOf(sessionIdentifier, pendingRequest.uid)
    }
    return save.call(this)
  }
}

function codeOf(sessionIdentifier: string, pendingRequestToken: string): string {
  const hmac = createHmac('sha256', sessionIdentifier)
  return hmac.update(`authorization-code\0${pendingRequestToken}`).digest('base64url')
}
