import test, { type ExecutionContext } from 'ava'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { toPageLanguage } from '../../lib/pages/languages/page-language.ts'
import type { HtmlPage } from '../../lib/pages/pages.ts'
import { findContrastViolations, findViolations } from '../helpers/accessibility.ts'
import { launchChromium, PATIENCE_MILLISECONDS } from '../helpers/chromium.ts'
import { type PageServer, startPageServer } from './page-server.ts'
import {
  CONTEXT,
  FORM,
  HOSTILE_TEXTS,
  renderOrdinaryPages,
  renderPagesFilledWith,
  renderPagesIn,
} from './page-views.ts'
import { renderSuperAdminPages, renderSuperAdminProblems } from './super-admin-views.ts'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16" fill="#07a"/></svg>'

/** Texts that need room or turn direction. */
const AWKWARD_TEXTS: ReadonlyArray<string> = [
  'W'.repeat(255),
  'a long name of many words '.repeat(9),
  'שלום עולם، مرحبا بالعالم',
  `\u202E${'אב'.repeat(60)}`,
  '国際的な採用プラットフォーム'.repeat(8),
]

const ORDINARY = renderOrdinaryPages()
/** Error pages differ in their text only: one of them stands for all where the look matters. */
const LOOKS = Object.keys(ORDINARY).filter(
  (name) => !name.startsWith('error-') || name === 'error-invalid-request',
)
const TRANSLATED_LOOKS = [
  'sign-in-again',
  'select-account',
  'consent-many',
  'access-refused',
  'connections',
  'error-invalid-request',
]
const TRANSLATED = Object.fromEntries(
  (['de', 'ar'] as const).flatMap((language) =>
    Object.entries(renderPagesIn(language)).map(([name, page]) => [`${language}-${name}`, page]),
  ),
)
const AWKWARD = Object.fromEntries(
  AWKWARD_TEXTS.flatMap((text, index) =>
    Object.entries(renderPagesFilledWith(text)).map(([name, page]) => [`${name}-${index}`, page]),
  ),
)
const SUPER_ADMIN = Object.fromEntries(
  (['en', 'de', 'ar'] as const).flatMap((tag) => {
    const context = { ...CONTEXT, language: toPageLanguage(tag) }
    const pages = {
      ...renderSuperAdminPages(undefined, context),
      ...renderSuperAdminProblems(context),
    }
    return Object.entries(pages).map(([name, page]) => [`super-admin-${tag}-${name}`, page])
  }),
)
const AWKWARD_SUPER_ADMIN = Object.fromEntries(
  AWKWARD_TEXTS.flatMap((text, index) =>
    Object.entries(renderSuperAdminPages(text)).map(([name, page]) => [
      `super-admin-${name}-${index}`,
      page,
    ]),
  ),
)
const FRAME = {
  frame: { html: '<!doctype html><iframe src="/consent"></iframe>', contentSecurityPolicy: '' },
}

/** A site that covers a page of ours with a popup, which goes at the first click. */
const TRAP = {
  bait: {
    html: `<!doctype html><button>Play</button><script>
      document.querySelector('button').onclick = () => {
        window.open('/popup', '', 'popup')
        window.location = window.location.hash.replace('#', '/')
      }</script>`,
    contentSecurityPolicy: '',
  },
  popup: {
    html: '<!doctype html>Double click here<script>window.onmousedown = () => window.close()</script>',
    contentSecurityPolicy: '',
  },
}

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true }
const NARROW: BrowserContextOptions = { viewport: { width: 320, height: 568 } }

const VARIANTS: Readonly<Record<string, BrowserContextOptions>> = {
  'on a desktop': DESKTOP,
  'on a phone': PHONE,
}

// One browser, one test at a time: in parallel they would only wait for each other.
let browser: Browser
let server: PageServer

test.before(async () => {
  server = await startPageServer({
    ...{ ...ORDINARY, ...TRANSLATED, ...AWKWARD, ...SUPER_ADMIN, ...AWKWARD_SUPER_ADMIN },
    ...{ ...FRAME, ...TRAP },
  })
  browser = await launchChromium()
})

test.after.always(async () => {
  await browser?.close()
  await server?.close()
})

for (const [variant, language, options] of [
  [
    'in Arabic, with a brand, on a phone',
    'ar',
    { ...PHONE, viewport: { width: 390, height: 740 } },
  ],
  ['in Arabic, with a brand, in dark mode', 'ar', { ...DESKTOP, colorScheme: 'dark' }],
  // 1280 × 800 at 200 % (WCAG 1.4.4).
  ['in German, with a brand, at 200 %', 'de', { viewport: { width: 640, height: 400 } }],
] as const) {
  test.serial(
    `pages ${variant}: nothing is inaccessible, cut off or against the policy`,
    async (t) => {
      const { page, complaints } = await openPage(t, options)
      for (const name of TRANSLATED_LOOKS) {
        await page.goto(`${server.url}${language}-${name}`)
        if (name === 'connections') await page.locator('summary').first().press('Enter')
        t.deepEqual(await findViolations(page), [], name)
        t.deepEqual(await findOverflows(page), [], name)
      }
      t.deepEqual(complaints, [])
    },
  )
}

for (const [variant, options] of Object.entries(VARIANTS)) {
  test.serial(
    `pages ${variant}, in light and in dark mode: nothing is inaccessible, cut off, laid out in pieces or against the policy`,
    async (t) => {
      // With motion, colours would be on their way from one scheme to the other.
      const { page, complaints } = await openPage(t, { ...options, reducedMotion: 'reduce' })
      for (const name of LOOKS) {
        await page.emulateMedia({ colorScheme: 'light' })
        await page.goto(server.url + name)
        t.deepEqual(await findViolations(page), [], name)
        t.deepEqual(await findOverflows(page), [], name)
        t.deepEqual(await findBrokenSentences(page), [], name)
        await page.emulateMedia({ colorScheme: 'dark' })
        t.deepEqual(await findContrastViolations(page), [], name)
        t.deepEqual(await findOverflows(page), [], name)
      }
      t.deepEqual(complaints, [])
    },
  )
}

for (const [variant, language, options] of [
  ['on a desktop', 'en', DESKTOP],
  [
    'in German at 200 %, in dark mode',
    'de',
    { viewport: { width: 640, height: 400 }, colorScheme: 'dark' },
  ],
  ['in Arabic, 320 px wide', 'ar', NARROW],
] as const) {
  test.serial(
    `SuperAdmin pages ${variant}: nothing is inaccessible, cut off, laid out in pieces or against the policy`,
    async (t) => {
      const { page, complaints } = await openPage(t, options)
      const names = Object.keys(SUPER_ADMIN).filter((name) =>
        name.startsWith(`super-admin-${language}-`),
      )
      for (const name of names) {
        await page.goto(server.url + name)
        t.deepEqual(await findViolations(page), [], name)
        t.deepEqual(await findOverflows(page), [], name)
        t.deepEqual(await findBrokenSentences(page), [], name)
      }
      t.deepEqual(complaints, [])
    },
  )
}

test.serial(
  'pages 320 px wide: text of any length and direction wraps (WCAG 1.4.10), and no sentence is laid out in pieces',
  async (t) => {
    const { page, complaints } = await openPage(t, NARROW)
    for (const name of Object.keys({ ...ORDINARY, ...AWKWARD, ...AWKWARD_SUPER_ADMIN })) {
      await page.goto(server.url + name)
      t.deepEqual(await findOverflows(page), [], name)
      t.deepEqual(await findBrokenSentences(page), [], name)
    }
    t.deepEqual(complaints, [])
  },
)

test.serial('pages: an open list of details for developers is accessible too', async (t) => {
  const { page } = await openPage(t, DESKTOP)
  await page.goto(`${server.url}error-invalid-request`)
  await page.getByText('Details for developers').click()
  t.true(await page.getByText('invalid_request', { exact: true }).isVisible())
  t.deepEqual(await findViolations(page), [])
})

test.serial(
  'pages: hostile text adds no element, no attribute and no script to what a browser reads',
  async (t) => {
    const { page } = await openPage(t, DESKTOP)
    const expected = await readSkeletons(page, renderPagesFilledWith('x'))
    for (const text of HOSTILE_TEXTS) {
      t.deepEqual(await readSkeletons(page, renderPagesFilledWith(text)), expected, text)
    }
  },
)

test.serial(
  'pages: without scripts or a pointer, every button sends the hidden fields and its own action',
  async (t) => {
    const { page } = await openPage(t, { ...PHONE, javaScriptEnabled: false })
    const buttons = {
      'sign-in': ['cancel'],
      'select-account': ['continue', 'switch-account', 'cancel'],
      consent: ['switch-account', 'deny', 'allow'],
      'access-refused': ['switch-account', 'cancel'],
      connections: ['sign-out'],
    }
    for (const [name, actions] of Object.entries(buttons)) {
      for (const action of actions) {
        await page.goto(server.url + name)
        await page.locator(`button[value="${action}"]`).press('Enter')
        t.deepEqual(await readPosted(page), [...Object.entries(FORM.hidden), ['action', action]])
      }
    }
  },
)

test.serial(
  'sign-in page: the Enter key signs in, and what was typed is sent as typed',
  async (t) => {
    const { page } = await openPage(t, { ...DESKTOP, javaScriptEnabled: false })
    await page.goto(`${server.url}sign-in`)
    await page.locator('#username:focus').waitFor()
    await page.keyboard.type('ada@acme.test')
    await page.getByLabel('Password').fill(' p&ss=wörd ')
    await page.keyboard.press('Enter')
    t.deepEqual(await readPosted(page), [
      ...Object.entries(FORM.hidden),
      ['username', 'ada@acme.test'],
      ['password', ' p&ss=wörd '],
      ['action', 'sign-in'],
    ])
  },
)

test.serial(
  'sign-in page: the Tab key visits everything in order, and the focus is visible',
  async (t) => {
    const { page } = await openPage(t, DESKTOP)
    await page.goto(`${server.url}sign-in`)
    await page.locator('#username:focus').waitFor()
    t.deepEqual(await readFocusOrder(page), [
      'username',
      'password',
      'Sign in',
      'Cancel',
      'Website (opens in a new tab)',
      'Privacy policy (opens in a new tab)',
      'Terms of service (opens in a new tab)',
    ])
  },
)

test.serial(
  'consent page: nothing has the focus at first, and Allow is reached after Deny',
  async (t) => {
    const { page } = await openPage(t, DESKTOP)
    await page.goto(`${server.url}consent`)
    t.is(await page.evaluate(() => document.activeElement?.localName), 'body')
    await page.keyboard.press('Tab')
    t.deepEqual((await readFocusOrder(page)).slice(0, 4), [
      'Switch account',
      'Connected applications (opens in a new tab)',
      'Deny',
      'Allow',
    ])
  },
)

test.serial(
  'consent page: Allow and Deny ignore the second click of a double click on the page before',
  async (t) => {
    const { page } = await openPage(t, DESKTOP)
    await page.goto(`${server.url}consent`)
    const pointerEvents = await page.locator('.deliberate').evaluate((answers: HTMLElement) => {
      const state = (): ReadonlyArray<string> =>
        Array.from(answers.querySelectorAll('button'), (b) => getComputedStyle(b).pointerEvents)
      answers.style.animation = 'none'
      answers.getAnimations()
      answers.style.animation = ''
      // That of the page, and that of the pointer where the browser starts with one on the page.
      const animations = answers.getAnimations()
      for (const animation of animations) {
        animation.pause()
        animation.currentTime = 500
      }
      const early = state()
      for (const animation of animations) animation.finish()
      return { early, later: state() }
    })
    t.deepEqual(pointerEvents, { early: ['none', 'none'], later: ['auto', 'auto'] })
  },
)

const UNDECIDED: ReadonlyArray<[name: string, button: string]> = [
  ['consent', 'allow'],
  ['select-account', 'continue'],
]

for (const [name, action] of UNDECIDED) {
  test.serial(
    `${name} page: however long a popup covered it, the click meant for the popup does not press ${action}`,
    async (t) => {
      for (const isArrivalSeen of [true, false]) {
        const { page } = await openPage(t, DESKTOP)
        const hand = await openBehindPopup(page, name, action)
        if (isArrivalSeen) await hand.move()
        await hand.press()
        await hand.release()
        t.deepEqual(await hand.answers(), [], 'the second click of a double click')
        await hand.press()
        await hand.wait() // a button held down stops the time
        await hand.release()
        t.deepEqual(await hand.answers(), [], 'a click that takes long')

        await hand.wait()
        await hand.press()
        await hand.release()
        t.deepEqual(await hand.answers(), [action])
      }
    },
  )

  test.serial(
    `${name} page: from behind a popup, the Enter key presses ${action} at once`,
    async (t) => {
      const { page } = await openPage(t, DESKTOP)
      const hand = await openBehindPopup(page, name, action)
      await hand.move()
      await page.locator(`button[value="${action}"]`).focus()
      await page.keyboard.press('Enter')
      t.deepEqual(await hand.answers(), [action])
    },
  )

  test.serial(`${name} page: the first tap of a finger presses ${action}`, async (t) => {
    const { page } = await openPage(t, PHONE)
    const hand = await openBehindPopup(page, name, action)
    await hand.tap()
    t.deepEqual(await hand.answers(), [action])
  })
}

test.serial(
  'consent page, where there is a mouse and a touch screen: the first tap allows, the click meant for a popup does not',
  async (t) => {
    const laptop = await launchChromium('with-touch-screen')
    t.teardown(() => laptop.close())
    const { page: tapped } = await openPage(t, DESKTOP, laptop)
    const finger = await openBehindPopup(tapped, 'consent', 'allow')
    await finger.tap()
    t.deepEqual(await finger.answers(), ['allow'])

    const { page: clicked } = await openPage(t, DESKTOP, laptop)
    const hand = await openBehindPopup(clicked, 'consent', 'allow')
    await hand.move()
    await hand.press()
    await hand.release()
    t.deepEqual(await hand.answers(), [])
    await hand.wait()
    await hand.press()
    await hand.release()
    t.deepEqual(await hand.answers(), ['allow'])
  },
)

test.serial('consent page: what assistive technology reads', async (t) => {
  const { page } = await openPage(t, DESKTOP)
  await page.goto(`${server.url}consent-more`)
  t.is(
    await page.locator('body').ariaSnapshot(),
    `- banner: Teamcast
- main:
  - heading "Acme Recruiter wants to access your Teamcast account" [level=1]
  - paragraph: You will return to acme.example
  - text: Ada Lovelace ada@acme.test
  - button "Switch account"
  - region "It will also be able to":
    - heading "It will also be able to" [level=2]
    - list:
      - listitem: See your interviews and their results
  - region "Already allowed":
    - heading "Already allowed" [level=2]
    - list:
      - listitem: Schedule interviews on your behalf
      - listitem: See the candidates you have access to
  - paragraph:
    - text: Make sure that you trust Acme Recruiter. You can remove this access at any time in
    - link "Connected applications (opens in a new tab)":
      - /url: https://login.teamcast.test/account/connections
    - text: .
  - button "Deny"
  - button "Allow"
  - navigation "About this application":
    - text: About this application
    - list:
      - listitem:
        - link "Website (opens in a new tab)":
          - /url: https://acme.example/
      - listitem:
        - link "Privacy policy (opens in a new tab)":
          - /url: https://acme.example/privacy
      - listitem:
        - link "Terms of service (opens in a new tab)":
          - /url: https://acme.example/terms`,
  )
})

test.serial(
  'connections page: disconnecting takes two steps, without script and without a pointer',
  async (t) => {
    const { page } = await openPage(t, { ...PHONE, javaScriptEnabled: false })
    await page.goto(`${server.url}connections`)
    const disconnect = page.locator('button[value="disconnect"]')
    t.false(await disconnect.first().isVisible())
    await page.locator('summary').nth(1).press('Enter')
    await page.locator('summary').nth(0).press('Enter')
    t.is(await page.locator('details[open]').count(), 1) // one at a time
    await disconnect.first().press('Enter')
    t.deepEqual(await readPosted(page), [
      ...Object.entries(FORM.hidden),
      ['clientId', 'tc_acme'],
      ['action', 'disconnect'],
    ])
  },
)

test.serial('connections page: the Tab key visits everything in order', async (t) => {
  const { page } = await openPage(t, DESKTOP)
  await page.goto(`${server.url}connections-after`)
  await page.locator('summary').first().press('Enter')
  await page.locator('button[value="sign-out"]').focus()
  const texts = (await readFocusOrder(page)).map((text) => text.replaceAll(/\s+/g, ' ').trim())
  t.deepEqual(texts, [
    'Sign out',
    'Website (opens in a new tab)',
    'Privacy policy (opens in a new tab)',
    'Disconnect Workday Keep connected',
    'Disconnect',
    'Disconnect Globex Talent Pool Keep connected',
  ])
})

test.serial('connections page: what assistive technology reads', async (t) => {
  const { page } = await openPage(t, DESKTOP)
  await page.goto(`${server.url}connections-after`)
  await page.locator('summary').first().press('Enter')
  t.is(
    await page.locator('main').ariaSnapshot(),
    `- main:
  - heading "Connected applications" [level=1]
  - status: Acme Recruiter is disconnected
  - text: Ada Lovelace ada@acme.test
  - button "Sign out"
  - paragraph: These applications can use your account as listed, even when you’re not using them.
  - list:
    - listitem:
      - heading "Workday" [level=2]
      - text: workday.example
      - list:
        - listitem: See your interviews and their results
      - paragraph:
        - text: Connected on
        - time: 24 January 2026
        - text: · Last used
        - time: 2 days ago
      - list:
        - listitem:
          - link "Website (opens in a new tab)":
            - /url: https://workday.example/
        - listitem:
          - link "Privacy policy (opens in a new tab)":
            - /url: https://acme.example/privacy
      - group:
        - text: Keep connected
        - paragraph: Workday will lose its access to your account. To use it again, you will have to allow it again.
        - button "Disconnect"
    - listitem:
      - heading "Globex Talent Pool" [level=2]
      - paragraph: It can’t use your account at the moment.
      - paragraph:
        - text: Connected on
        - time: 18 February 2025
        - text: · Not used yet
      - group: Disconnect Globex Talent Pool`,
  )
})

test.serial('connections page: an open confirmation is accessible too, and fits', async (t) => {
  for (const options of [DESKTOP, { ...NARROW, colorScheme: 'dark' }] as const) {
    const { page, complaints } = await openPage(t, options)
    await page.goto(`${server.url}connections`)
    await page.locator('summary').first().press('Enter')
    t.deepEqual(await findViolations(page), [])
    t.deepEqual(await findOverflows(page), [])
    t.deepEqual(complaints, [])
  }
})

test.serial(
  'pages: a logo of any size fills its tile; one that does not load leaves the initial',
  async (t) => {
    const { page } = await openPage(t, DESKTOP)
    await page.goto(`${server.url}consent`)
    const seen = () =>
      page.locator('.tile.client').evaluate((tile) => {
        const { left, top, width, height } = tile.getBoundingClientRect()
        const logo = tile.querySelector('img')?.getBoundingClientRect()
        const middle = document.elementFromPoint(left + width / 2, top + height / 2)
        return { shows: middle?.className, logoWidth: logo?.width, logoHeight: logo?.height }
      })
    t.deepEqual(await seen(), { shows: 'logo', logoWidth: 54, logoHeight: 54 })
    await page.route(/^https:/, (route) => route.abort())
    await page.reload()
    t.deepEqual(await seen(), { shows: 'initial', logoWidth: 0, logoHeight: 0 })
  },
)

test.serial('pages: no site can show them in a frame (RFC 9700 §4.16)', async (t) => {
  const { page } = await openPage(t, DESKTOP)
  const refusal = page.waitForEvent('console', (message) => /frame/i.test(message.text()))
  await page.goto(`${server.url}frame`)
  t.regex((await refusal).text(), /frame-ancestors|X-Frame-Options/)
  t.is(await page.frameLocator('iframe').locator('main').count(), 0)
})

test.serial(
  'pages: dark mode darkens them, and reduced motion stops every transition',
  async (t) => {
    const { page } = await openPage(t, { ...DESKTOP, colorScheme: 'light' })
    await page.goto(`${server.url}sign-in`)
    const look = () =>
      page.evaluate(() => ({
        background: getComputedStyle(document.body).backgroundColor,
        transition: Array.from(document.querySelectorAll('*')).some(
          (element) => getComputedStyle(element).transitionDuration !== '0s',
        ),
      }))
    t.deepEqual(await look(), { background: 'rgb(244, 245, 248)', transition: true })
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    t.deepEqual(await look(), { background: 'rgb(13, 15, 20)', transition: false })
  },
)

/** Opens a tab in a context of its own; collects errors and warnings of the console. */
async function openPage(
  t: ExecutionContext,
  options: BrowserContextOptions,
  machine: Browser = browser,
): Promise<{ readonly page: Page; readonly complaints: ReadonlyArray<string> }> {
  const context = await machine.newContext(options)
  context.setDefaultTimeout(PATIENCE_MILLISECONDS)
  t.teardown(() => context.close())
  await context.route(/^https:/, (route) =>
    route.fulfill({ contentType: 'image/svg+xml', body: LOGO }),
  )
  const page = await context.newPage()
  const complaints: Array<string> = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  return { page, complaints }
}

/** A hand over a button. Time passes for the page only when the hand waits. */
interface Hand {
  move(): Promise<void>
  press(): Promise<void>
  release(): Promise<void>
  tap(): Promise<void>
  wait(): Promise<void>
  /** Which buttons it has pressed so far. Nothing is sent. */
  answers(): Promise<ReadonlyArray<string>>
}

/**
 * Opens a page behind a popup, lets it wait there, and closes the popup with the first click of a double
 * click. Where the pointer comes onto the page then, some window systems say so and others wait for it to
 * move or to be pressed.
 */
async function openBehindPopup(page: Page, name: string, action: string): Promise<Hand> {
  await page.goto(`${server.url}bait#${name}`)
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByText('Play').press('Enter'),
  ])
  await page.waitForURL(server.url + name)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Animation.enable')
  await devtools.send('Animation.setPlaybackRate', { playbackRate: 0 })
  await page.evaluate(() => {
    document.addEventListener('submit', (event) => {
      event.preventDefault()
      const { submitter } = event
      const pressed = submitter instanceof HTMLButtonElement ? submitter.value : ''
      document.body.dataset['answers'] = `${document.body.dataset['answers'] ?? ''} ${pressed}`
    })
  })
  const wait = (): Promise<void> =>
    page.evaluate(() => {
      for (const animation of document.getAnimations()) {
        if (animation.playState === 'running') animation.finish()
      }
    })
  await wait()
  const box = await page.locator(`button[value="${action}"]`).boundingBox()
  if (box === null) throw new Error(`there is no ${action}`)
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const clicked = popup.mouse.click(20, 20).catch(() => undefined) // it is gone before the click ends
  await Promise.all([popup.waitForEvent('close'), clicked])

  const mouse = async (
    type: 'mouseMoved' | 'mousePressed' | 'mouseReleased',
    button: 'none' | 'left',
  ): Promise<void> => {
    await devtools.send('Input.dispatchMouseEvent', { ...point, type, button, clickCount: 1 })
  }
  return {
    move: () => mouse('mouseMoved', 'none'),
    press: () => mouse('mousePressed', 'left'),
    release: () => mouse('mouseReleased', 'left'),
    async tap() {
      await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] })
      await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    },
    wait,
    answers: () =>
      page.evaluate(() => (document.body.dataset['answers'] ?? '').split(' ').filter(Boolean)),
  }
}

/** Elements whose content is wider than they are. Fields scroll; hidden text has no room of its own. */
function findOverflows(page: Page): Promise<ReadonlyArray<string>> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll('html, body *:not(input, .visually-hidden, svg, svg *)'))
      .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth)
      .map(({ localName, className }) => `${localName}.${className}`),
  )
}

/**
 * Elements whose sentence is laid out in pieces: of a flex or grid container, each run of text and each element in
 * between is an item of its own.
 */
function findBrokenSentences(page: Page): Promise<ReadonlyArray<string>> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll('body *'))
      .filter((element) => /flex|grid/.test(getComputedStyle(element).display))
      .filter((element) => {
        const hidden = Array.from(element.querySelectorAll(':scope > .visually-hidden'))
        const items = Array.from(element.childNodes).filter(
          (node) => node.textContent?.trim() && !hidden.some((each) => each === node),
        )
        return items.length > 1 && items.some(({ nodeType }) => nodeType === Node.TEXT_NODE)
      })
      .map(({ localName, className, textContent }) => `${localName}.${className}: ${textContent}`),
  )
}

/** Names of all elements of each page and of their attributes, in order, as Chromium parses them. */
function readSkeletons(
  page: Page,
  pages: Readonly<Record<string, HtmlPage>>,
): Promise<ReadonlyArray<ReadonlyArray<string>>> {
  const documents = Object.values(pages).map(({ html }) => html)
  return page.evaluate((sources) => {
    const parser = new DOMParser()
    return sources.map((source) =>
      Array.from(parser.parseFromString(source, 'text/html').querySelectorAll('*'), (element) =>
        [element.localName, ...element.getAttributeNames()].join(' '),
      ),
    )
  }, documents)
}

/** The fields that the server received, in order. */
async function readPosted(page: Page): Promise<unknown> {
  await page.waitForURL((url) => url.pathname === FORM.url)
  return JSON.parse((await page.locator('body').textContent()) ?? '')
}

/** What the Tab key visits, from what has the focus to the last, but only what shows its focus. */
async function readFocusOrder(page: Page): Promise<ReadonlyArray<string>> {
  const visited: Array<string> = []
  for (;;) {
    const name = await page.evaluate(() => {
      const focused = document.activeElement
      if (!(focused instanceof HTMLElement) || focused === document.body) return undefined
      const { outlineStyle, outlineWidth } = getComputedStyle(focused)
      const isVisible = outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2
      return `${focused.textContent || focused.id}${isVisible ? '' : ' (invisible)'}`
    })
    if (name === undefined) return visited
    visited.push(name)
    await page.keyboard.press('Tab')
  }
}
