import type { Messages } from './messages.ts'

/** The texts of the pages in German. */
export const GERMAN: Messages = {
  errorTitle: 'Fehler: {title}',
  opensInNewTab: '(öffnet in neuem Tab)',
  cancel: 'Abbrechen',
  switchAccount: 'Konto wechseln',
  useAnotherAccount: 'Anderes Konto verwenden',
  returnTo: 'Danach geht es zurück zu {host}',
  aboutApplication: 'Über diese Anwendung',
  website: 'Website',
  privacyPolicy: 'Datenschutzerklärung',
  termsOfService: 'Nutzungsbedingungen',
  help: 'Hilfe',
  privacy: 'Datenschutz',

  signIn: 'Anmelden',
  signInHeading: 'Anmelden und weiter zu {client}',
  signInToAccount: 'Melden Sie sich bei Ihrem Konto an',
  signInReason: 'Um zu sehen, welche Anwendungen damit verbunden sind',
  emailAddress: 'E-Mail-Adresse',
  password: 'Passwort',
  forgotPassword: 'Passwort vergessen?',
  createAccount: 'Konto erstellen',
  wrongCredentials:
    'Die E-Mail-Adresse oder das Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal.',
  tooManyAttempts: 'Zu viele fehlgeschlagene Versuche.',
  tryAgainIn: 'Versuchen Sie es in {duration} wieder.',
  accountUnavailable:
    'Mit diesem Konto ist keine Anmeldung möglich. Wenden Sie sich an die Administration Ihres Workspace.',

  chooseAccount: 'Konto auswählen',
  chooseAccountHeading: 'Wählen Sie ein Konto für {client}',
  continueAs: 'Weiter als',

  allowAccess: 'Zugriff erlauben',
  consentHeading: '{client} möchte auf Ihr {brand}-Konto zugreifen',
  willBeAbleTo: 'Die Anwendung kann dann',
  willAlsoBeAbleTo: 'Die Anwendung kann dann zusätzlich',
  alreadyAllowed: 'Bereits erlaubt',
  sensitive: 'Weitreichend',
  recognition: 'Die Anwendung kann Sie und Ihren Workspace dann wiedererkennen.',
  trust: 'Vergewissern Sie sich, dass Sie {client} vertrauen.',
  removeAccess: 'Sie können diesen Zugriff jederzeit unter {connections} beenden.',
  allow: 'Erlauben',
  deny: 'Ablehnen',
  identityScopes: {
    openid: 'Sie anmelden',
    profile: 'Ihren Namen und Ihr Bild sehen',
    email: 'Ihre E-Mail-Adresse sehen',
  },

  accessRefused: 'Zugriff verweigert',
  refusals: {
    'tenant-refused': {
      heading: 'Dieses Konto funktioniert nicht mit {client}',
      explanation:
        'Diese Anwendung steht nur Mitgliedern eines anderen {brand}-Workspace offen. Es wurde nichts weitergegeben.',
      advice:
        'Wenn Sie auch in jenem Workspace ein Konto haben, melden Sie sich damit an. Sonst bitten Sie die Person um Zugang, die Ihnen den Link geschickt hat.',
    },
    'client-refused': {
      heading: 'Ihr Workspace lässt {client} nicht zu',
      explanation:
        'Die Administration entscheidet, welche Anwendungen Mitglieder Ihres {brand}-Workspace verwenden dürfen. An diese wurde dabei nichts weitergegeben.',
      advice:
        'Wenn Sie die Anwendung brauchen, bitten Sie die Administration Ihres Workspace, sie zuzulassen. Versuchen Sie es danach noch einmal.',
    },
    'other-account': {
      heading: '{client} verlangt ein anderes Konto',
      explanation:
        'Sie sind mit einem anderen Konto angemeldet als dem, das Sie in dieser Anwendung verwenden. Dabei wurde nichts weitergegeben.',
      advice:
        'Melden Sie sich mit dem Konto an, das Sie dort verwenden. Um stattdessen dieses zu verwenden, melden Sie sich zuerst in der Anwendung ab.',
    },
  },

  connectedApplications: 'Verbundene Anwendungen',
  disconnectedTitle: 'Getrennt: {title}',
  isDisconnected: '{client} ist getrennt',
  signOut: 'Abmelden',
  noConnections: 'Mit Ihrem Konto ist keine Anwendung verbunden.',
  noConnectionsHint: 'Wenn Sie sich bei einer mit {brand} anmelden, erscheint sie hier.',
  connectionsExplanation:
    'Diese Anwendungen können Ihr Konto wie aufgeführt nutzen, auch wenn Sie sie gerade nicht verwenden.',
  connectedOn: 'Verbunden am {date}',
  lastUsed: 'Zuletzt verwendet: {day}',
  lastUsedOn: 'Zuletzt verwendet am {date}',
  notUsedYet: 'Noch nicht verwendet',
  noScopes: 'Die Anwendung kann Ihr Konto derzeit nicht nutzen.',
  disconnect: 'Trennen',
  keepConnected: 'Verbunden lassen',
  disconnectWarning:
    '{client} verliert den Zugriff auf Ihr Konto. Um die Anwendung wieder zu verwenden, müssen Sie ihr den Zugriff neu erlauben.',

  errors: {
    'request-expired': {
      title: 'Diese Anmeldung ist abgelaufen',
      whatHappened: 'Die Seite war zu lange geöffnet.',
      whatToDo: 'Gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn.',
    },
    'request-finished': {
      title: 'Diese Anmeldung ist bereits abgeschlossen',
      whatHappened:
        'Das geschah in diesem Browser, vielleicht in einem anderen Tab. Jede Anmeldung gilt nur einmal.',
      whatToDo:
        'Gehen Sie zurück zur Anwendung, von der Sie kamen. Wenn Sie dort nicht angemeldet sind, beginnen Sie von vorn.',
    },
    'other-browser': {
      title: 'Diese Anmeldung begann in einem anderen Browser',
      whatHappened:
        'Zu Ihrer Sicherheit lässt sie sich nur in dem Browser abschließen, in dem sie begann.',
      whatToDo:
        'Gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn. Wenn Sie diesen Browser nie verlassen haben, erlauben Sie zuerst Cookies für diese Website.',
    },
    'form-rejected': {
      title: 'Wir konnten dieses Formular nicht annehmen',
      whatHappened:
        'Es kam nicht von der Seite, die wir Ihnen zuletzt gezeigt haben. Deshalb haben wir es nicht beachtet. Das kann geschehen, wenn Sie sich in einem anderen Tab an- oder abmelden.',
      whatToDo:
        'Gehen Sie zurück und laden Sie die Seite neu. Wenn das nicht hilft, gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn.',
    },
    'invalid-request': {
      title: 'Die Anfrage dieser Anwendung ist ungültig',
      whatHappened:
        'Die Anwendung hat Sie mit einer Anfrage hierher geschickt, die wir nicht verarbeiten können. Sie haben nichts falsch gemacht, und es wurde nichts weitergegeben.',
      whatToDo:
        'Gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn. Wenn es wieder geschieht, zeigen Sie den Entwicklern der Anwendung die Angaben unten.',
    },
    'method-not-allowed': {
      title: 'So lässt sich diese Seite nicht verwenden',
      whatHappened: 'Diese Seite kann mit der Anfrage nichts anfangen. Es wurde nichts geändert.',
      whatToDo:
        'Gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn. Wenn es wieder geschieht, zeigen Sie den Entwicklern der Anwendung die Angaben unten.',
    },
    'temporarily-unavailable': {
      title: '{brand} ist gerade nicht erreichbar',
      whatHappened:
        'Wir können Ihre Anfrage im Moment nicht ausführen. Ihr Konto ist nicht betroffen.',
      whatToDo:
        'Warten Sie eine Minute und laden Sie diese Seite neu. Wenn das nicht hilft, gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn.',
    },
    'server-error': {
      title: 'Bei uns ist etwas schiefgegangen',
      whatHappened: 'Wir konnten Ihre Anfrage nicht ausführen. Sie haben nichts falsch gemacht.',
      whatToDo:
        'Gehen Sie zurück zur Anwendung, von der Sie kamen, und beginnen Sie von vorn. Wenn es wieder geschieht, versuchen Sie es bitte später.',
    },
  },
  backTo: 'Zurück zu {client}',
  detailsForDevelopers: 'Angaben für Entwickler',
  error: 'Fehler',
  description: 'Beschreibung',
}
