/**
 * The rules of clients that a person can break by filling in a form: id and sentence. They apply in lib/clients; the
 * SuperAdmin pages say them in their language.
 *
 * @module
 */

/** What the API, the command line and errors say of a broken rule, after the field. `{name}` stands for a value. */
export const CLIENT_RULES = {
  'too-short': 'must have at least {minimum} characters',
  'too-long': 'must have at most {maximum} characters',
  'control-characters': 'must not contain control characters',
  'invisible-characters': 'must not contain control or invisible characters',
  'no-letter-or-digit': 'must contain a letter or a digit',
  'not-a-choice': 'must be {allowed}',

  'tenant-missing': 'is missing; a TENANT client is bound to a tenant',

  'scopes-missing': 'must contain at least one scope',
  'scopes-too-many': 'must contain at most {maximum} scopes',
  'scope-unknown': 'is unknown: {scope}',

  'redirect-uris-missing': 'must contain at least one URL: authorization_code needs it',
  'redirect-uris-too-many': 'must contain at most {maximum} URLs',
  'redirect-uri-not-absolute': 'must be an absolute https URL',
  'redirect-uri-fragment': 'must not have a fragment',
  'redirect-uri-credentials': 'must not contain credentials',
  'redirect-uri-http': 'must be https; http is for localhost, 127.0.0.1 and [::1] only',
  'redirect-uri-parameter':
    'must not have the parameter {parameter}: the server adds it to the response',
  'redirect-uri-host': 'must have the name of one host, without wildcards',
  'redirect-uri-scheme':
    'must be an https URL, or have the scheme of an app such as com.example.app',
  'redirect-uri-not-canonical': 'must be in its canonical form, {canonical}',
  'redirect-uri-app-scheme': 'must be https URLs: app schemes are for PUBLIC clients only',

  'grant-types-missing': 'must contain at least one grant type',
  'grant-types-too-many': 'must contain at most {maximum} grant types',
  'grant-type-confidential': 'must not contain {grantType}: it is for CONFIDENTIAL clients only',
  'refresh-token-alone': 'must contain authorization_code to contain refresh_token',

  'method-of-public': 'must be {allowed}: a PUBLIC client has no secret',
  'method-of-confidential': 'must be {allowed}: {method} is for PUBLIC clients only',

  'audiences-too-many': 'must contain at most {maximum} audiences',
  'audience-not-absolute': 'must be an absolute URI without fragment',
  'audience-unknown': "must be {allowed}: the audiences of this server's APIs",
  'audiences-of-public': 'must be empty: only a CONFIDENTIAL client can be a resource server',

  'lifetime-not-whole': 'must be a whole number of seconds',
  'lifetime-too-short': 'must be at least {minimum} seconds',
  'lifetime-too-long': 'must be at most {maximum} seconds',

  'not-https-url': 'must be an https URL, in ASCII and without credentials',

  'secrets-of-public': 'must stay empty: a PUBLIC client has no secret',
  'secrets-too-many': 'must not be more than {maximum}: remove one first',
  'secret-expiry':
    'must be in the future, at most ten years ahead, in seconds since the Unix epoch',
} as const

/** The id of a rule of clients, for example `too-short`. */
export type ClientRule = keyof typeof CLIENT_RULES

/** What the sentence of a rule contains: a number, a text that somebody has chosen, or names. */
export type ClientRuleValues = Readonly<Record<string, number | string | ReadonlyArray<string>>>
