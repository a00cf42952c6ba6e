/**
 * The error page, for errors that cannot be sent to the client.
 *
 * It links back to the client if that is verified. An unverified request must not influence the page.
 *
 * @module
 */

import { html } from 'ghtml'
import { ALERT_GLYPH } from './icons.ts'
import { renderDocument } from './layout.ts'
import type { ErrorKind, ErrorView, HtmlPage } from './pages.ts'

interface ErrorText {
  readonly title: string
  readonly whatHappened: string
  readonly whatToDo: string
}

const START_AGAIN = 'Go back to the application you came from and start again.'

const ERROR_TEXTS: Readonly<Record<ErrorKind, ErrorText>> = {
  'request-expired': {
    title: 'This sign-in has expired',
    whatHappened: 'It was open for too long.',
    whatToDo: START_AGAIN,
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
    whatToDo: `${START_AGAIN} If you never left this browser, allow cookies for this site first.`,
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
    whatToDo: `${START_AGAIN} If it happens again, show its developers the details below.`,
  },
  'method-not-allowed': {
    title: 'This page can’t be used this way',
    whatHappened: 'The request is not one that this page knows. Nothing was changed.',
    whatToDo: `${START_AGAIN} If it happens again, show its developers the details below.`,
  },
  'temporarily-unavailable': {
    title: 'Teamcast is not available right now',
    whatHappened: 'We can’t complete your request at the moment. Your account is not affected.',
    whatToDo: `Wait a minute, then reload this page. If that does not help, go back to the application you came from and start again.`,
  },
  'server-error': {
    title: 'Something went wrong on our side',
    whatHappened: 'We couldn’t complete your request. You did nothing wrong.',
    whatToDo: `${START_AGAIN} If it happens again, please try later.`,
  },
}

/**
 * Renders the error page.
 *
 * @param view The data of the page.
 */
export function renderErrorPage(view: ErrorView): HtmlPage {
  const { title, whatHappened, whatToDo } = ERROR_TEXTS[view.kind]
  return renderDocument({
    title,
    logoUrls: [],
    content: html`<span class="tile alert">!${ALERT_GLYPH}</span>
      <h1>${title}</h1>
      <p class="explanation">${whatHappened}</p>
      <p>${whatToDo}</p>
      !${renderWayBack(view)}
      <details>
        <summary>Details for developers</summary>
        !${renderDetails(view)}
      </details>`,
  })
}

function renderWayBack({ client }: ErrorView): string {
  if (client === undefined) return ''
  return html`<a class="button primary" href="${client.url}"><span>Back to <bdi>${client.name}</bdi></span></a>`
}

function renderDetails({ error, description }: ErrorView): string {
  const sentence =
    description === undefined ? '' : html`<dt>Description</dt><dd><bdi>${description}</bdi></dd>`
  return html`<dl><dt>Error</dt><dd><code>${error}</code></dd>!${sentence}</dl>`
}
