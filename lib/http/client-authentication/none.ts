import type { ClientAuthenticationMethod } from './client-authentication-method.ts'

/** `none`: a PUBLIC client only sends its `client_id` (RFC 7591 §2). */
export const none: ClientAuthenticationMethod = {
  clientType: 'PUBLIC',
  find({ authorization, parameters }) {
    const clientId = parameters.get('client_id')
    const names = ['client_secret', 'client_assertion']
    const hasCredentials = authorization !== '' || names.some((name) => parameters.get(name))
    if (clientId === undefined || hasCredentials) return undefined
    return { clientId, verify: (client) => ({ isValid: client?.clientType === 'PUBLIC' }) }
  },
}
