/**
 * The paths of the SuperAdmin pages. `/super-admin/oauth-clients` belongs to the authorization server.
 *
 * @module
 */

export const LIST_PATH = '/super-admin'
export const SIGN_IN_PATH = '/super-admin/sign-in'
export const SIGN_OUT_PATH = '/super-admin/sign-out'
export const CLIENTS_PATH = '/super-admin/clients'
export const NEW_CLIENT_PATH = '/super-admin/clients/new'

export function clientPath(clientId: string): string {
  return `${CLIENTS_PATH}/${clientId}`
}

export function deletionPath(clientId: string): string {
  return `${clientPath(clientId)}/delete`
}

export function secretsPath(clientId: string): string {
  return `${clientPath(clientId)}/secrets`
}

export function secretPath(clientId: string, secretId: string): string {
  return `${secretsPath(clientId)}/${secretId}`
}

export function removalPath(clientId: string, secretId: string): string {
  return `${secretPath(clientId, secretId)}/remove`
}
