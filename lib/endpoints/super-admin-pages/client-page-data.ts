/**
 * The page of a client, and what a client may be registered for.
 *
 * @module
 */

import type { ClientChoices } from '../../clients/client-fields.ts'
import type { HtmlPage } from '../../pages/pages.ts'
import { renderClientPage } from '../../pages/super-admin/client-page.ts'
import type {
  ChoiceView,
  ClientChoicesView,
  ClientPageView,
  SuperAdminContext,
} from '../../pages/super-admin/views.ts'
import { describeScope } from '../../scopes/scope-catalogue.ts'
import type { Client } from '../../storage/client.ts'
import type { SuperAdminPagesDependencies } from './page-request.ts'
import { createSubmissionId } from './submissions.ts'

/** What a client may be registered for, in the language of the page. */
export function choicesOf(
  { references }: SuperAdminPagesDependencies,
  { language }: SuperAdminContext,
): ClientChoicesView {
  const { catalogue, grantTypes, authenticationMethods } = references
  return {
    scopes: Object.keys(catalogue).map((scope) => ({
      scope,
      ...describeScope(scope, catalogue, language.tag),
    })),
    grantTypes: choiceViewsOf(grantTypes),
    authenticationMethods: choiceViewsOf(authenticationMethods),
  }
}

function choiceViewsOf(choices: ClientChoices): ReadonlyArray<ChoiceView> {
  return Array.from(choices, ([name, { clientTypes }]) => ({ name, clientTypes }))
}

/** Renders the page of a client. */
export function clientPage(
  dependencies: SuperAdminPagesDependencies,
  context: SuperAdminContext,
  client: Client,
  rejected?: NonNullable<ClientPageView['rejected']>,
): HtmlPage {
  const choices = choicesOf(dependencies, context)
  const submissionId = createSubmissionId()
  const view = { ...context, client, choices, submissionId }
  return renderClientPage(rejected === undefined ? view : { ...view, rejected })
}
