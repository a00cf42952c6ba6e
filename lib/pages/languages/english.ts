/**
 * The texts of the pages in English. They are the list of all texts: every other language has the same.
 *
 * `{name}` stands for what the page puts there: another language may put it elsewhere, but must have it.
 *
 * @module
 */

export const ENGLISH = {
  errorTitle: 'Error: {title}',
  opensInNewTab: '(opens in a new tab)',
  cancel: 'Cancel',
  switchAccount: 'Switch account',
  useAnotherAccount: 'Use another account',
  returnTo: 'You will return to {host}',
  aboutApplication: 'About this application',
  website: 'Website',
  privacyPolicy: 'Privacy policy',
  termsOfService: 'Terms of service',
  help: 'Help',
  privacy: 'Privacy',

  signIn: 'Sign in',
  signInHeading: 'Sign in to continue to {client}',
  signInToAccount: 'Sign in to your account',
  signInReason: 'To see which applications are connected to it',
  emailAddress: 'Email address',
  password: 'Password',
  forgotPassword: 'Forgot password?',
  createAccount: 'Create account',
  // Do not tell which of the two is wrong, and so whether an account exists.
  wrongCredentials: 'The email address or the password is wrong. Check both and try again.',
  tooManyAttempts: 'Too many failed attempts.',
  tryAgainIn: 'Try again in {duration}.',
  accountUnavailable: 'This account cannot sign in. Ask your administrator.',

  chooseAccount: 'Choose an account',
  chooseAccountHeading: 'Choose an account to continue to {client}',
  // Followed by the name of the user.
  continueAs: 'Continue as',

  allowAccess: 'Allow access',
  consentHeading: '{client} wants to access your {brand} account',
  willBeAbleTo: 'It will be able to',
  willAlsoBeAbleTo: 'It will also be able to',
  alreadyAllowed: 'Already allowed',
  sensitive: 'Sensitive',
  recognition: 'It will be able to recognise you and your workspace.',
  trust: 'Make sure that you trust {client}.',
  removeAccess: 'You can remove this access at any time in {connections}.',
  allow: 'Allow',
  deny: 'Deny',
  // What the identity scopes of OpenID Connect allow.
  identityScopes: {
    openid: 'Sign you in',
    profile: 'See your name and picture',
    email: 'See your email address',
  },

  accessRefused: 'Access refused',
  refusals: {
    'tenant-refused': {
      heading: 'This account can’t be used with {client}',
      explanation:
        'This application is only open to members of another {brand} workspace. Nothing was shared with it.',
      advice:
        'If you also have an account in that workspace, sign in with it. Otherwise ask the person who sent you the link for access.',
    },
    'client-refused': {
      heading: 'Your workspace doesn’t allow {client}',
      explanation:
        'An administrator decides which applications members of your {brand} workspace may use. Nothing was shared with this one now.',
      advice: 'If you need it, ask an administrator of your workspace to allow it. Then try again.',
    },
    'other-account': {
      heading: '{client} asks for another account',
      explanation:
        'You are signed in with another account than the one you use in this application. Nothing was shared with it now.',
      advice:
        'Sign in with the account you use there. To use this one instead, sign out of the application first.',
    },
  },

  connectedApplications: 'Connected applications',
  disconnectedTitle: 'Disconnected: {title}',
  isDisconnected: '{client} is disconnected',
  signOut: 'Sign out',
  noConnections: 'No application is connected to your account.',
  noConnectionsHint: 'When you sign in to one with {brand}, it appears here.',
  connectionsExplanation:
    'These applications can use your account as listed, even when you’re not using them.',
  connectedOn: 'Connected on {date}',
  lastUsed: 'Last used {day}',
  lastUsedOn: 'Last used on {date}',
  notUsedYet: 'Not used yet',
  noScopes: 'It can’t use your account at the moment.',
  disconnect: 'Disconnect',
  keepConnected: 'Keep connected',
  disconnectWarning:
    '{client} will lose its access to your account. To use it again, you will have to allow it again.',

  errors: {
    'request-expired': {
      title: 'This sign-in has expired',
      whatHappened: 'It was open for too long.',
      whatToDo: 'Go back to the application you came from and start again.',
    },
    'request-finished': {
      title: 'This sign-in is already finished',
      whatHappened:
        'It was finished in this browser, maybe in another tab, and can be used only once.',
      whatToDo:
        'Go back to the application you came from. If you are not signed in there, start again.',
    },
    'other-browser': {
      title: 'This sign-in began in another browser',
      whatHappened: 'For your safety it can only be finished in the browser where it began.',
      whatToDo:
        'Go back to the application you came from and start again. If you never left this browser, allow cookies for this site first.',
    },
    'form-rejected': {
      title: 'We couldn’t accept this form',
      whatHappened:
        'It did not come from the page we showed you last, so we ignored it. This can happen when you sign in or out in another tab.',
      whatToDo:
        'Go back and reload the page. If that does not help, go back to the application you came from and start again.',
    },
    'invalid-request': {
      title: 'This application’s request is not valid',
      whatHappened:
        'The application sent you here with a request that we can’t process. You did nothing wrong, and nothing was shared.',
      whatToDo:
        'Go back to the application you came from and start again. If it happens again, show its developers the details below.',
    },
    'method-not-allowed': {
      title: 'This page can’t be used this way',
      whatHappened: 'The request is not one that this page knows. Nothing was changed.',
      whatToDo:
        'Go back to the application you came from and start again. If it happens again, show its developers the details below.',
    },
    'temporarily-unavailable': {
      title: '{brand} is not available right now',
      whatHappened: 'We can’t complete your request at the moment. Your account is not affected.',
      whatToDo:
        'Wait a minute, then reload this page. If that does not help, go back to the application you came from and start again.',
    },
    'server-error': {
      title: 'Something went wrong on our side',
      whatHappened: 'We couldn’t complete your request. You did nothing wrong.',
      whatToDo:
        'Go back to the application you came from and start again. If it happens again, please try later.',
    },
  },
  backTo: 'Back to {client}',
  detailsForDevelopers: 'Details for developers',
  error: 'Error',
  description: 'Description',
} as const
