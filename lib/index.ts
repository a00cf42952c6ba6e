/**
 * `@teamcast/oauth-server`: an embeddable OAuth 2.1 authorization server.
 *
 * @module oauth-server
 */

export type {
  Actor,
  AuditActor,
  AuditEvent,
  AuditEventContext,
  AuditEventDetail,
  AuditListener,
  AuditResult,
  AuditSubject,
  KeySubject,
} from './audit/audit-event.ts'
export type { ReportedError } from './audit/reported-error.ts'
export { type AuthorizationServer, createAuthorizationServer } from './authorization-server.ts'
export type { ClientRule, ClientRuleValues } from './client-rules.ts'
export type { AccessRefusal, AuthorizeClient } from './clients/client-access.ts'
export type { ClientChangeOptions, ClientChanges } from './clients/client-changes.ts'
export type {
  ClientListQuery,
  ClientRegistry,
  NewClient,
  RegisteredClient,
} from './clients/client-registry.ts'
export type { AddedClientSecret, ClientSecretRegistry } from './clients/client-secret-registry.ts'
export type { ConnectedScope, Connection } from './connections/connection.ts'
export type { Connections } from './connections/connections.ts'
export {
  ClientAuthorizationError,
  type ClientIssue,
  ClientMetadataError,
  ClientNotFoundError,
  ClientSecretNotFoundError,
  ConfigurationError,
  ConflictError,
  type ErrorCode,
  type Issue,
  OAuthServerError,
  PreconditionFailedError,
  SigningError,
  StorageError,
  type StorageErrorOptions,
} from './errors.ts'
export type { NodeHandler, NodeHandlerOptions } from './http/node-handler.ts'
export type { KeyRing } from './keys/key-ring.ts'
export type { KeyPurpose } from './keys/key-schedule.ts'
export { type ManagedKeys, openManagedKeys } from './keys/managed-keys.ts'
export type { ManagedKeysOptions } from './keys/managed-keys-options.ts'
export type { JwtClaims } from './keys/own-jwt.ts'
export type { ExternalSigningKey } from './keys/signing-key.ts'
export type { ManagedKey } from './keys/stored-keys.ts'
export type { AdditionalClaims, ClaimsRequest } from './openid-connect/additional-claims.ts'
export { IDENTITY_SCOPES, type IdentityScope } from './openid-connect/identity-scopes.ts'
export type { OpenIdConnectOptions } from './openid-connect/openid-connect-options.ts'
export type { OptionalClaim } from './openid-connect/user-claims.ts'
export type {
  AuthorizationServerOptions,
  AuthorizeSuperAdmin,
  GeneralOptions,
  KeyOptions,
  ResourceOptions,
  SignInOptions,
  SuperAdminDecision,
  SuperAdminOptions,
} from './options/authorization-server-options.ts'
export type {
  SuperAdminPagesOptions,
  SuperAdminSignInRequest,
} from './options/super-admin-pages-options.ts'
export type { AccentColors } from './pages/accent-colors.ts'
export type { Brand, BrandLinks, BrandOptions } from './pages/brand.ts'
export { defaultPages } from './pages/default-pages.ts'
export type { Messages, SuperAdminMessages } from './pages/languages/messages.ts'
export type {
  BuiltInLanguage,
  CustomLanguage,
  PageLanguage,
} from './pages/languages/page-language.ts'
export type {
  AccessRefusedView,
  ClientLink,
  ClientView,
  ConnectionsView,
  ConnectionView,
  ConsentView,
  ErrorKind,
  ErrorView,
  FormView,
  HtmlPage,
  PageContext,
  PageRenderer,
  Pages,
  ScopeView,
  SelectAccountView,
  SignInProblem,
  SignInView,
} from './pages/pages.ts'
export type { PagesOptions } from './pages/pages-options.ts'
export type { ProtectedResource } from './resources/protected-resource.ts'
export type {
  CheckedAccessToken,
  RevocableAccessToken,
  TokenRevocations,
} from './revocation/revocation-checker.ts'
export {
  type ScopeCatalogue,
  type ScopeDescription,
  TEAMCAST_SCOPES,
} from './scopes/scope-catalogue.ts'
export type {
  Client,
  ClientAudience,
  ClientSecret,
  ClientSettings,
  ClientType,
} from './storage/client.ts'
export type { Page, PageRequest } from './storage/client-store.ts'
export type { BackendHealth, Health } from './storage/health.ts'
export { createLayeredStorage, type LayeredStorageOptions } from './storage/layered-storage.ts'
export type { BackendConnections, Storage } from './storage/storage.ts'
export type {
  AuthenticateUser,
  Credentials,
  HostSession,
  HostSignInRequest,
} from './users/authentication.ts'
export type { FindUser, User } from './users/user.ts'
export { parseIpAddress } from './util/ip-address.ts'
