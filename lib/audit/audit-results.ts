import type { AuditEventDetail, AuditResult } from './audit-event.ts'

/** Every type of event, and how what it reports has ended. */
export const AUDIT_RESULTS: Readonly<Record<AuditEventDetail['type'], AuditResult>> = {
  'authorization.granted': 'success',
  'authorization.denied': 'failure',
  'authorization.refused': 'failure',
  'user.signed-in': 'success',
  'user.sign-in-failed': 'failure',
  'user.access-revoked': 'success',
  'tenant.refused': 'failure',
  'consent.granted': 'success',
  'connection.revoked': 'success',
  'token.issued': 'success',
  'token.refused': 'failure',
  'token.reuse-detected': 'failure',
  'token.revoked': 'success',
  'token.introspected': 'success',
  'client.authentication-failed': 'failure',
  'client.registered': 'success',
  'client.updated': 'success',
  'client.deleted': 'success',
  'client.secret-added': 'success',
  'client.secret-removed': 'success',
  'server.error': 'failure',
}
