/**
 * The page for a user who may not use the client.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
import { renderDocument } from './layout.ts'
import type { AccessRefusedView, HtmlPage } from './pages.ts'
import { renderUserCard } from './user-card.ts'

interface Reason {
  readonly heading: (clientName: string) => string
  readonly explanation: string
}

/** What the page says, and who can change it. */
const REASONS: Readonly<Record<AccessRefusedView['reason'], Reason>> = {
  'tenant-refused': {
    heading: (name) => html`This account can’t be used with !${name}`,
    explanation: html`<p>This application is only open to members of another Teamcast workspace. Nothing was shared with it.</p>
      <p>If you also have an account in that workspace, sign in with it. Otherwise ask the person who sent you the link for access.</p>`,
  },
  'client-refused': {
    heading: (name) => html`Your workspace doesn’t allow !${name}`,
    explanation: html`<p>An administrator decides which applications members of your Teamcast workspace may use. Nothing was shared with this one now.</p>
      <p>If you need it, ask an administrator of your workspace to allow it. Then try again.</p>`,
  },
  'other-account': {
    heading: (name) => html`!${name} asks for another account`,
    explanation: html`<p>You are signed in with another account than the one you use in this application. Nothing was shared with it now.</p>
      <p>Sign in with the account you use there. To use this one instead, sign out of the application first.</p>`,
  },
}

/**
 * Renders the page.
 *
 * @param view The data of the page.
 */
export function renderAccessRefusedPage({
  client,
  form,
  user,
  reason,
}: AccessRefusedView): HtmlPage {
  const { heading, explanation } = REASONS[reason]
  return renderDocument({
    title: 'Access refused',
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(client, heading(renderClientName(client)))}
      !${renderUserCard(user)}
      !${explanation}
      <div class="actions stacked">
        !${renderForm(form, renderButton('primary', 'switch-account', 'Use another account'))}
        !${renderForm(form, renderButton('quiet', 'cancel', 'Cancel'))}
      </div>
      !${renderClientLinks(client)}`,
  })
}
