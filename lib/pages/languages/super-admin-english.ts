/**
 * The texts of the SuperAdmin pages in English. They are the list of all texts, as in `english.ts`.
 *
 * @module
 */

import { CLIENT_RULES, type ClientRule } from '../../client-rules.ts'

export const SUPER_ADMIN_ENGLISH = {
  superAdmin: 'SuperAdmin',
  allClients: 'All clients',
  cancel: 'Cancel',
  quoted: '“{text}”',
  keepIt: 'Keep it',

  clients: 'Clients',
  registerClient: 'Register a client',
  noClients: 'No client is registered yet.',
  noClientsHint: 'Register the first one, and give its client id and secret to the partner.',
  noMoreClients: 'There are no more clients.',
  noMatch: 'No clients match {name}.',
  noMatchOfFilters: 'No clients match these filters.',
  nameContains: 'Name contains',
  search: 'Search',
  moreFilters: 'More filters',
  any: 'Any',
  applyFilters: 'Apply the filters',
  showAllClients: 'Show all clients',
  pages: 'Pages',
  firstPage: 'First page',
  nextPage: 'Next page',
  ofPlatform: 'Platform',
  ofTenant: 'Tenant {tenant}',
  registeredAgo: 'registered {age}',

  registrationExplanation:
    'A client is an application of a partner. Its secret, if it gets one, is shown once, on the next page.',
  register: 'Register',
  advanced: 'Advanced',
  connecting: 'How it connects',
  pkce: 'PKCE with S256 is required of every client; it cannot be turned off.',
  lifetimes: 'How long its tokens last',
  branding: 'What people see of it',
  brandingHelp: 'https URLs; the sign-in and consent pages show them. All of them are optional.',
  fields: {
    name: {
      label: 'Name',
      help: 'Shown on the sign-in and consent pages. 3 to 255 characters.',
    },
    redirectUris: {
      label: 'Redirect URIs',
      help: 'One a line, at most 20. A sign-in returns to exactly one of them. They begin with https; http is for localhost, 127.0.0.1 and [::1], and a public client may use its app’s own scheme, such as com.example.app:/callback.',
    },
    scopes: {
      label: 'Scopes',
      help: 'The scopes that the client may request. Users still decide what to grant.',
    },
    clientType: { label: 'Client type', help: 'It cannot be changed later.' },
    audience: { label: 'Client audience', help: 'It cannot be changed later.' },
    tenantId: {
      label: 'Tenant',
      help: 'Only for one tenant: its id. It cannot be changed later.',
    },
    allowedGrantTypes: { label: 'Grant types' },
    tokenEndpointAuthMethod: {
      label: 'Client authentication',
      help: 'How the client sends its secret to the token endpoint.',
    },
    resourceServerAudiences: {
      label: 'Resource server of',
      help: 'Empty for an application of a partner. For one of our APIs: its token audiences, one a line. It may then introspect tokens that are for them, and read what was revoked. Only for confidential clients.',
    },
    accessTokenTtlSeconds: {
      label: 'Access token lifetime',
      help: '1 minute to 24 hours. Empty means 15 minutes.',
    },
    refreshTokenTtlSeconds: {
      label: 'Refresh token lifetime',
      help: '5 minutes to 365 days. Empty means 30 days.',
    },
    clientUri: { label: 'Home page' },
    logoUrl: { label: 'Logo' },
    tosUri: { label: 'Terms of service' },
    policyUri: { label: 'Privacy policy' },
    expiresAt: {
      label: 'Last day of the new secret',
      help: 'Optional: the new secret works until the end of that day, in UTC.',
    },
  },
  clientTypes: {
    CONFIDENTIAL: {
      label: 'Confidential',
      help: 'It runs on a server that can keep a secret, and gets one.',
    },
    PUBLIC: {
      label: 'Public',
      help: 'It runs in a browser or on a phone, where nothing stays secret, and gets none.',
    },
  },
  audiences: {
    PLATFORM: { label: 'Platform', help: 'People of every tenant may sign in.' },
    TENANT: { label: 'One tenant', help: 'Only people of one tenant may sign in.' },
  },
  grantTypes: {
    authorization_code: 'Signs people in. It needs a redirect URI.',
    refresh_token:
      'Stays connected after the access token has expired. It needs authorization_code.',
    client_credentials: 'Acts on its own, without a person. Only for confidential clients.',
  },
  authenticationMethods: {
    client_secret_basic: 'HTTP Basic',
    client_secret_post: 'in the body',
    none: 'public clients only',
  },
  usualMethod: 'The usual one for its type',
  unknownScope: 'It does not exist any more.',
  unitOf: 'Unit of {field}',
  units: { seconds: 'seconds', minutes: 'minutes', hours: 'hours', days: 'days' },

  clientId: 'Client id',
  whoMaySignIn: 'Who may sign in',
  everybody: 'People of every tenant',
  onlyTenant: 'Only people of tenant {tenant}',
  registeredAt: 'Registered',
  changedAt: 'Last changed',
  settings: 'Settings',
  settingsExplanation:
    'Changes take effect at the client’s next request. Issued access tokens keep their scopes until they expire.',
  save: 'Save',

  pleaseCorrect: 'Nothing was saved yet. Please correct:',
  changedMeanwhile:
    'Somebody else changed this client while you did. Nothing of yours was saved yet.',
  conflictAdvice:
    'These are the differences to your changes, which are still in the form below. Save the form to overwrite the other changes, or {discard}.',
  discardYours: 'discard yours',
  savedValue: '{field}: {value} is saved.',
  savedNothing: '{field}: nothing is saved.',
  brokenRule: '{subject} {rule}.',
  rules: {
    ...CLIENT_RULES,
    'scope-unknown': 'contain {scope}, which does not exist',
    'lifetime-too-short': 'must be at least {minimum}',
    'lifetime-too-long': 'must be at most {maximum}',
    'secret-expiry': 'must be in the future, at most ten years ahead',
  } satisfies Record<ClientRule, string> as Record<ClientRule, string>,

  secrets: 'Secrets',
  secretsExplanation:
    'To replace a secret, add another, let the partner switch over, and remove the old one when it is not used any more. Until then both work.',
  secretOf: 'Secret {hint}',
  addedAt: 'Added',
  lastUsedAt: 'Last used',
  expiresAt: 'Expires',
  never: 'never',
  hasExpired: 'has expired',
  removeSecret: 'Remove',
  whichSecret: 'the secret {hint}',
  addSecret: 'Add a secret',
  copySecretNow: 'Copy the client secret now',
  notShownAgain: 'It is not shown again.',
  notShownAgainReason: 'Not even a SuperAdmin can read it: the server stores only its hash.',
  clientSecret: 'Client secret',
  issuer: 'Issuer',
  handOver:
    'Send all three to the partner over a secure channel. If a secret leaks, replace it on the page of the client.',
  haveCopied: 'I have copied it',
  secretWasShown: 'This secret was shown already',
  secretWasShownHint:
    'A secret is shown once. If it is lost, add another one to {client} and remove this one.',
  showClient: 'Show the client',
  removeSecretOf: 'Remove a secret of {client}?',
  removeThisSecret: 'Remove the secret {hint}?',
  lastUsedOn: 'It was last used on {time}.',
  neverUsed: 'It was never used.',
  removalConsequence:
    'From the next request on, it cannot be used to authenticate as {client}. No user is disconnected.',
  removeTheSecret: 'Remove secret',

  deleteClient: 'Delete client',
  deletionExplanation: 'This disconnects everybody who uses it. The next page asks again.',
  deleteThisClient: 'Delete {client}?',
  itsClientId: 'Its client id is {clientId}.',
  deletionDisconnects:
    'Everybody who connected it is disconnected, and nobody can sign in with it any more.',
  deletionRevokes:
    'Its secrets and refresh tokens stop working at once, and introspection calls its access tokens inactive. An API that only checks their signature accepts them until they expire, {duration} after they were issued.',
  deletionIsFinal:
    'It cannot be brought back. A new registration gets another client id, and everybody has to consent again.',

  done: {
    registered: '{client} is registered',
    saved: 'The changes are saved',
    deleted: '{client} is deleted',
    'secret-added': 'The secret is added',
    'secret-removed': 'The secret is removed',
    'last-secret-kept':
      'The secret was not removed: it is the last one that works. Add another one first.',
    'not-saved': 'You were not signed in any more. What you sent was not saved.',
  },

  problems: {
    forbidden: {
      title: 'This page is for SuperAdmins',
      explanation: 'You are signed in, but not as a SuperAdmin.',
    },
    'form-rejected': {
      title: 'We couldn’t accept this form',
      explanation:
        'It did not come from the page we showed you last, or it is too large, so nothing was changed. This can happen when you sign in or out in another tab. Go back, reload the page, and send it again.',
    },
    'too-many-attempts': {
      title: 'Too many failed attempts',
      explanation:
        'Somebody at your address tried too often to get in. Try again in a few minutes.',
    },
    'client-not-found': {
      title: 'There is no such client',
      explanation: 'It may have been deleted in the meantime.',
    },
    conflict: {
      title: 'Somebody else changed it at the same moment',
      explanation: 'Nothing was changed. Look at it again, and repeat what you wanted to do.',
    },
  },
} as const
