/**
 * The URLs of the SuperAdmin pages. `/super-admin/oauth-clients` is the API's.
 *
 * @module
 */

/** The URLs of the pages and of their forms. */
export interface SuperAdminUrls {
  readonly list: string
  readonly newClient: string
  client(clientId: string): string
  deletion(clientId: string): string
  secrets(clientId: string): string
  secret(clientId: string, secretId: string): string
  removal(clientId: string, secretId: string): string
}

/**
 * Creates the URLs.
 *
 * @param issuer The issuer; empty for paths relative to it.
 */
export function createSuperAdminUrls(issuer: string): SuperAdminUrls {
  const list = `${issuer}/super-admin`
  const clients = `${list}/clients`
  const client = (clientId: string): string => `${clients}/${clientId}`
  const secrets = (clientId: string): string => `${client(clientId)}/secrets`
  const secret = (clientId: string, secretId: string): string => `${secrets(clientId)}/${secretId}`
  return {
    list,
    newClient: `${clients}/new`,
    client,
    deletion: (clientId) => `${client(clientId)}/delete`,
    secrets,
    secret,
    removal: (clientId, secretId) => `${secret(clientId, secretId)}/remove`,
  }
}
