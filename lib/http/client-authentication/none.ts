import {
  type ClientAuthenticationMethod,
  countCredentials,
} from './client-authentication-method.ts'

/** `none`: a PUBLIC client only sends its `client_id` (RFC 7591 §2). */
export const none: ClientAuthenticationMethod = {
  clientTypes: ['PUBLIC'],
  usesSecret: false,
  find(request) {
    const clientId = request.parameters.get('client_id')
    if (clientId === undefined || countCredentials(request) > 0) return undefined
    return { clientId, verify: (client) => ({ isValid: client?.clientType === 'PUBLIC' }) }
  },
}
