import type { SuperAdminMessages } from './messages.ts'

/** The texts of the SuperAdmin pages in German. */
export const SUPER_ADMIN_GERMAN: SuperAdminMessages = {
  superAdmin: 'SuperAdmin',
  allClients: 'Alle Clients',
  cancel: 'Abbrechen',
  quoted: '„{text}“',
  keepIt: 'Behalten',

  clients: 'Clients',
  registerClient: 'Client registrieren',
  noClients: 'Es ist noch kein Client registriert.',
  noClientsHint:
    'Registrieren Sie den ersten und geben Sie dem Partner dessen Client-ID und Geheimnis.',
  noMoreClients: 'Es gibt keine weiteren Clients.',
  noMatch: 'Kein Client passt zu {name}.',
  noMatchOfFilters: 'Kein Client passt zu diesen Filtern.',
  nameContains: 'Name enthält',
  search: 'Suchen',
  moreFilters: 'Weitere Filter',
  any: 'Alle',
  applyFilters: 'Filter anwenden',
  showAllClients: 'Alle Clients anzeigen',
  pages: 'Seiten',
  firstPage: 'Erste Seite',
  nextPage: 'Nächste Seite',
  ofPlatform: 'Plattform',
  ofTenant: 'Mandant {tenant}',
  registeredAgo: 'registriert {age}',

  registrationExplanation:
    'Ein Client ist die Anwendung eines Partners. Sein Geheimnis, falls er eines bekommt, wird einmal angezeigt: auf der nächsten Seite.',
  register: 'Registrieren',
  advanced: 'Erweitert',
  connecting: 'Verbindung',
  pkce: 'PKCE mit S256 ist für jeden Client Pflicht und lässt sich nicht abschalten.',
  lifetimes: 'Gültigkeit der Token',
  branding: 'Was Benutzer sehen',
  brandingHelp: 'https-URLs für die Anmelde- und Zustimmungsseiten. Alle Angaben sind optional.',
  fields: {
    name: {
      label: 'Name',
      help: 'Steht auf den Anmelde- und Zustimmungsseiten. 3 bis 255 Zeichen.',
    },
    redirectUris: {
      label: 'Redirect-URIs',
      help: 'Eine je Zeile, höchstens 20. Eine Anmeldung kehrt zu genau einer davon zurück. Sie beginnen mit https; http ist für localhost, 127.0.0.1 und [::1], und ein öffentlicher Client darf das eigene Schema seiner App verwenden, etwa com.example.app:/callback.',
    },
    scopes: {
      label: 'Scopes',
      help: 'Die Scopes, die der Client anfordern darf. Was sie erlauben, entscheiden weiterhin die Benutzer.',
    },
    clientType: { label: 'Art des Clients', help: 'Lässt sich später nicht ändern.' },
    audience: { label: 'Zielgruppe', help: 'Lässt sich später nicht ändern.' },
    tenantId: {
      label: 'Mandant',
      help: 'Nur für einen einzelnen Mandanten: dessen ID. Lässt sich später nicht ändern.',
    },
    allowedGrantTypes: { label: 'Grant Types' },
    tokenEndpointAuthMethod: {
      label: 'Authentifizierung des Clients',
      help: 'Wie der Client sein Geheimnis an den Token-Endpunkt sendet.',
    },
    resourceServerAudiences: {
      label: 'Resource Server von',
      help: 'Leer für die Anwendung eines Partners. Für eine unserer APIs: deren Token-Audiences, eine je Zeile. Die API darf dann Token prüfen, die für sie ausgestellt sind, und lesen, was widerrufen wurde. Nur für vertrauliche Clients.',
    },
    accessTokenTtlSeconds: {
      label: 'Gültigkeit von Access Token',
      help: '1 Minute bis 24 Stunden. Leer bedeutet 15 Minuten.',
    },
    refreshTokenTtlSeconds: {
      label: 'Gültigkeit von Refresh Token',
      help: '5 Minuten bis 365 Tage. Leer bedeutet 30 Tage.',
    },
    clientUri: { label: 'Startseite' },
    logoUrl: { label: 'Logo' },
    tosUri: { label: 'Nutzungsbedingungen' },
    policyUri: { label: 'Datenschutzerklärung' },
    expiresAt: {
      label: 'Letzter Tag des neuen Geheimnisses',
      help: 'Optional: Das neue Geheimnis gilt bis zum Ende dieses Tages (UTC).',
    },
  },
  clientTypes: {
    CONFIDENTIAL: {
      label: 'Vertraulich',
      help: 'Läuft auf einem Server, der ein Geheimnis bewahren kann, und bekommt eines.',
    },
    PUBLIC: {
      label: 'Öffentlich',
      help: 'Läuft im Browser oder auf einem Telefon, wo nichts geheim bleibt, und bekommt keines.',
    },
  },
  audiences: {
    PLATFORM: { label: 'Plattform', help: 'Benutzer aller Mandanten dürfen sich anmelden.' },
    TENANT: {
      label: 'Ein Mandant',
      help: 'Nur Benutzer eines einzelnen Mandanten dürfen sich anmelden.',
    },
  },
  grantTypes: {
    authorization_code: 'Meldet Benutzer an. Braucht eine Redirect-URI.',
    refresh_token:
      'Bleibt verbunden, wenn das Access Token abgelaufen ist. Braucht authorization_code.',
    client_credentials: 'Handelt selbst, ohne Benutzer. Nur für vertrauliche Clients.',
  },
  authenticationMethods: {
    client_secret_basic: 'HTTP Basic',
    client_secret_post: 'im Body',
    none: 'nur für öffentliche Clients',
  },
  usualMethod: 'Die übliche für seine Art',
  unknownScope: 'Gibt es nicht mehr.',
  unitOf: 'Einheit von {field}',
  units: { seconds: 'Sekunden', minutes: 'Minuten', hours: 'Stunden', days: 'Tage' },

  clientId: 'Client-ID',
  whoMaySignIn: 'Wer sich anmelden darf',
  everybody: 'Benutzer aller Mandanten',
  onlyTenant: 'Nur Benutzer des Mandanten {tenant}',
  registeredAt: 'Registriert',
  changedAt: 'Zuletzt geändert',
  settings: 'Einstellungen',
  settingsExplanation:
    'Änderungen wirken ab der nächsten Anfrage des Clients. Ausgestellte Access Token behalten ihre Scopes, bis sie ablaufen.',
  save: 'Speichern',

  pleaseCorrect: 'Es wurde noch nichts gespeichert. Bitte korrigieren Sie:',
  changedMeanwhile:
    'Jemand anderes hat diesen Client inzwischen geändert. Von Ihnen wurde noch nichts gespeichert.',
  conflictAdvice:
    'Dies sind die Unterschiede zu Ihren Änderungen, die noch im Formular stehen. Speichern Sie es, um die anderen Änderungen zu überschreiben, oder {discard}.',
  discardYours: 'verwerfen Sie Ihre',
  savedValue: '{field}: {value} ist gespeichert.',
  savedNothing: '{field}: Es ist nichts gespeichert.',
  brokenRule: '{subject}: {rule}',
  rules: {
    'too-short': 'Mindestens {minimum} Zeichen sind nötig.',
    'too-long': 'Höchstens {maximum} Zeichen sind möglich.',
    'control-characters': 'Steuerzeichen sind nicht erlaubt.',
    'invisible-characters': 'Steuerzeichen und unsichtbare Zeichen sind nicht erlaubt.',
    'no-letter-or-digit': 'Mindestens ein Buchstabe oder eine Ziffer ist nötig.',
    'not-a-choice': 'Möglich ist {allowed}.',

    'tenant-missing': 'Ein Client für einen einzelnen Mandanten braucht dessen ID.',

    'scopes-missing': 'Mindestens ein Scope ist nötig.',
    'scopes-too-many': 'Höchstens {maximum} Scopes sind möglich.',
    'scope-unknown': '{scope} gibt es nicht.',

    'redirect-uris-missing': 'Mit authorization_code ist mindestens eine nötig.',
    'redirect-uris-too-many': 'Höchstens {maximum} sind möglich.',
    'redirect-uri-not-absolute': 'Nötig ist eine vollständige https-URL.',
    'redirect-uri-fragment': 'Ein Fragment (#) ist nicht erlaubt.',
    'redirect-uri-credentials': 'Zugangsdaten sind darin nicht erlaubt.',
    'redirect-uri-http': 'Nötig ist https; http geht nur für localhost, 127.0.0.1 und [::1].',
    'redirect-uri-parameter':
      'Der Parameter {parameter} ist nicht erlaubt, denn der Server fügt ihn der Antwort hinzu.',
    'redirect-uri-host': 'Nötig ist der Name eines einzelnen Hosts, ohne Platzhalter.',
    'redirect-uri-scheme':
      'Nötig ist eine https-URL oder das eigene Schema einer App, etwa com.example.app.',
    'redirect-uri-not-canonical': 'Schreiben Sie stattdessen {canonical}.',
    'redirect-uri-app-scheme':
      'Das Schema einer App ist nur für öffentliche Clients. Verwenden Sie https.',

    'grant-types-missing': 'Mindestens ein Grant Type ist nötig.',
    'grant-types-too-many': 'Höchstens {maximum} Grant Types sind möglich.',
    'grant-type-confidential': '{grantType} ist nur für vertrauliche Clients.',
    'refresh-token-alone': 'refresh_token geht nur zusammen mit authorization_code.',

    'method-of-public': 'Ein öffentlicher Client hat kein Geheimnis. Möglich ist {allowed}.',
    'method-of-confidential': '{method} ist nur für öffentliche Clients. Möglich ist {allowed}.',

    'audiences-too-many': 'Höchstens {maximum} Audiences sind möglich.',
    'audience-not-absolute': 'Nötig ist eine vollständige URI ohne Fragment (#).',
    'audience-unknown': 'Keine unserer APIs hat diese Audience. Möglich ist {allowed}.',
    'audiences-of-public':
      'Nur ein vertraulicher Client kann ein Resource Server sein. Lassen Sie das Feld leer.',

    'lifetime-not-whole': 'Nötig ist eine Zahl, die ganze Sekunden ergibt.',
    'lifetime-too-short': 'Kürzer als {minimum} geht nicht.',
    'lifetime-too-long': 'Länger als {maximum} geht nicht.',

    'not-https-url': 'Nötig ist eine https-URL in ASCII und ohne Zugangsdaten.',

    'secrets-of-public': 'Ein öffentlicher Client hat kein Geheimnis.',
    'secrets-too-many': 'Höchstens {maximum} sind möglich. Entfernen Sie zuerst eines.',
    'secret-expiry': 'Nötig ist ein Tag in der Zukunft, höchstens zehn Jahre voraus.',
  },

  secrets: 'Geheimnisse',
  secretsExplanation:
    'Um ein Geheimnis zu ersetzen, fügen Sie ein weiteres hinzu, lassen Sie den Partner umstellen und entfernen Sie das alte, wenn es nicht mehr verwendet wird. Bis dahin gelten beide.',
  secretOf: 'Geheimnis {hint}',
  addedAt: 'Hinzugefügt',
  lastUsedAt: 'Zuletzt verwendet',
  expiresAt: 'Läuft ab',
  never: 'nie',
  hasExpired: 'ist abgelaufen',
  removeSecret: 'Entfernen:',
  whichSecret: 'Geheimnis {hint}',
  addSecret: 'Geheimnis hinzufügen',
  copySecretNow: 'Kopieren Sie jetzt das Client-Geheimnis',
  notShownAgain: 'Es wird nicht noch einmal angezeigt.',
  notShownAgainReason:
    'Auch SuperAdmins können es nicht lesen: Der Server speichert nur seinen Hash.',
  clientSecret: 'Client-Geheimnis',
  issuer: 'Issuer',
  handOver:
    'Senden Sie dem Partner alle drei auf einem sicheren Weg. Wird ein Geheimnis bekannt, ersetzen Sie es auf der Seite des Clients.',
  haveCopied: 'Ich habe es kopiert',
  secretWasShown: 'Dieses Geheimnis wurde schon angezeigt',
  secretWasShownHint:
    'Ein Geheimnis wird einmal angezeigt. Ist es verloren, fügen Sie {client} ein weiteres hinzu und entfernen Sie dieses.',
  showClient: 'Client anzeigen',
  removeSecretOf: 'Ein Geheimnis von {client} entfernen?',
  removeThisSecret: 'Das Geheimnis {hint} entfernen?',
  lastUsedOn: 'Es wurde zuletzt am {time} verwendet.',
  neverUsed: 'Es wurde nie verwendet.',
  removalConsequence:
    'Ab der nächsten Anfrage lässt sich damit niemand mehr als {client} authentifizieren. Kein Benutzer wird getrennt.',
  removeTheSecret: 'Geheimnis entfernen',

  deleteClient: 'Client löschen',
  deletionExplanation: 'Das trennt alle, die ihn verwenden. Die nächste Seite fragt noch einmal.',
  deleteThisClient: '{client} löschen?',
  itsClientId: 'Seine Client-ID ist {clientId}.',
  deletionDisconnects:
    'Alle, die ihn verbunden haben, werden getrennt, und niemand kann sich mehr damit anmelden.',
  deletionRevokes:
    'Seine Geheimnisse und Refresh Token gelten sofort nicht mehr, und die Introspection nennt seine Access Token inaktiv. Eine API, die nur deren Signatur prüft, nimmt sie an, bis sie ablaufen: {duration} nach der Ausstellung.',
  deletionIsFinal:
    'Das lässt sich nicht rückgängig machen. Eine neue Registrierung bekommt eine andere Client-ID, und alle müssen erneut zustimmen.',

  done: {
    registered: '{client} ist registriert',
    saved: 'Die Änderungen sind gespeichert',
    deleted: '{client} ist gelöscht',
    'secret-added': 'Das Geheimnis ist hinzugefügt',
    'secret-removed': 'Das Geheimnis ist entfernt',
    'last-secret-kept':
      'Das Geheimnis wurde nicht entfernt: Es ist das letzte gültige. Fügen Sie zuerst ein weiteres hinzu.',
    'not-saved':
      'Sie waren nicht mehr angemeldet. Was Sie gesendet haben, wurde nicht gespeichert.',
  },

  problems: {
    forbidden: {
      title: 'Diese Seite ist für SuperAdmins',
      explanation: 'Sie sind angemeldet, aber nicht als SuperAdmin.',
    },
    'form-rejected': {
      title: 'Wir konnten dieses Formular nicht annehmen',
      explanation:
        'Es kam nicht von der Seite, die wir Ihnen zuletzt gezeigt haben, oder es ist zu groß. Deshalb wurde nichts geändert. Das kann geschehen, wenn Sie sich in einem anderen Tab an- oder abmelden. Gehen Sie zurück, laden Sie die Seite neu und senden Sie es noch einmal.',
    },
    'too-many-attempts': {
      title: 'Zu viele fehlgeschlagene Versuche',
      explanation:
        'Von Ihrer Adresse aus hat jemand zu oft vergeblich versucht, sich anzumelden. Versuchen Sie es in ein paar Minuten wieder.',
    },
    'client-not-found': {
      title: 'Diesen Client gibt es nicht',
      explanation: 'Vielleicht wurde er inzwischen gelöscht.',
    },
    conflict: {
      title: 'Jemand anderes hat den Client gleichzeitig geändert',
      explanation:
        'Es wurde nichts geändert. Sehen Sie noch einmal nach und wiederholen Sie, was Sie tun wollten.',
    },
  },
}
