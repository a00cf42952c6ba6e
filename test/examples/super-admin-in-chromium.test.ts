import test, { type ExecutionContext } from 'ava'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { launchChromium } from '../helpers/chromium.ts'
import {
  assertAccessible,
  DESKTOP,
  heading,
  notice,
  openTab,
  PHONE,
  press,
  tabTo,
} from '../helpers/person.ts'
import { type RunningExample, startExample } from '../helpers/start-example.ts'

const SUPER_ADMIN_TOKEN = 'a-super-admin-token-of-32-letters'
const PASSWORD = 'correct horse battery staple'
const answered = (status: string): string =>
  `error: Failed to load resource: the server responded with a status of ${status}`

let browser: Browser
let example: RunningExample

test.before(async () => {
  browser = await launchChromium()
  example = await startExample({ SUPER_ADMIN_TOKEN })
})

test.after.always(async () => {
  await browser?.close()
  await example?.end()
})

/** How a person works a page: with the keyboard, with a finger, with a mouse. */
interface Hands {
  press(page: Page, target: Locator): Promise<void>
  fill(page: Page, field: Locator, text: string): Promise<void>
  /** Takes a text from where it is shown to where it is asked for, on another page. */
  carry(from: Page, name: string, to: Page, field: Locator): Promise<void>
}

const KEYBOARD: Hands = {
  async press(page, target) {
    await tabTo(page, target)
    const isCheckbox = await target.evaluate((element) => element.matches('[type=checkbox]'))
    await page.keyboard.press(isCheckbox ? 'Space' : 'Enter')
  },
  async fill(page, field, text) {
    await tabTo(page, field)
    await page.keyboard.type(text)
  },
  async carry(from, name, to, field) {
    await from.bringToFront()
    await tabTo(from, from.getByLabel(name))
    await from.keyboard.press('Control+A')
    await from.keyboard.press('Control+C')
    await to.bringToFront()
    await tabTo(to, field)
    await to.keyboard.press('Control+V')
  },
}

const FINGER: Hands = {
  press: (_page, target) => target.tap(),
  fill: (_page, field, text) => field.fill(text),
  carry: async (from, name, _to, field) => field.fill(await from.getByLabel(name).inputValue()),
}

const MOUSE: Hands = { ...FINGER, press: (_page, target) => target.click() }

const VARIANTS: ReadonlyArray<
  readonly [variant: string, name: string, hands: Hands, options: BrowserContextOptions]
> = [
  ['with the keyboard', 'Northwind Talent', KEYBOARD, { ...DESKTOP, colorScheme: 'light' }],
  ['on a phone', 'Contoso Careers', FINGER, { ...PHONE, colorScheme: 'dark' }],
]

for (const [variant, name, hands, options] of VARIANTS) {
  test.serial(
    `the example ${variant}: a SuperAdmin registers a client, Acme uses it, Ada disconnects it, its refresh fails and introspection says inactive, and signing in asks for consent again`,
    async (t) => {
      const admin = await openTab(t, browser, options)
      await admin.context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await registerClient(admin.page, hands, name, (page) => assertAccessible(t, page))
      const acme = await admin.context.newPage()
      await useRegistration(t, acme, hands, admin.page)

      const ada = await openTab(t, browser, options)
      await connect(t, ada.page, hands, name)
      await hands.press(ada.page, button(ada.page, 'Inspect token'))
      await notice(ada.page, 'The access token is active')

      await hands.press(ada.page, link(ada.page, 'Manage connected applications'))
      await disconnect(t, ada.page, hands, name)

      await ada.page.goto(example.partnerUrl)
      await hands.press(ada.page, button(ada.page, 'Inspect token'))
      await notice(ada.page, 'The access token is not active any more')
      const answer = ada.page.getByRole('region', { name: 'Response from Teamcast' })
      t.deepEqual(JSON.parse((await answer.textContent()) ?? ''), { active: false })
      await hands.press(ada.page, button(ada.page, 'Refresh tokens'))
      await notice(ada.page, 'The connection has ended')
      await notice(ada.page, 'The refresh was refused, and introspection says "active": false.')
      await assertAccessible(t, ada.page)

      // She is still signed in at Teamcast, and has to consent again.
      await hands.press(ada.page, link(ada.page, 'Sign in with Teamcast'))
      await heading(ada.page, `${name} wants to access your Teamcast account`)
      await hands.press(ada.page, button(ada.page, 'Allow'))
      await heading(ada.page, 'Connected to Teamcast')
      t.deepEqual([...admin.complaints, ...ada.complaints], [])
    },
  )
}

test.serial(
  'the example: a SuperAdmin replaces a secret, changes and deletes a client; every page is accessible',
  async (t) => {
    const { page, complaints } = await openTab(t, browser, PHONE)
    await registerClient(page, FINGER, 'Fabrikam')
    await link(page, 'I have copied it').tap()
    await heading(page, 'Fabrikam')
    t.is(await link(page, 'Remove').count(), 0)
    await page.getByLabel('Last day of the new secret').fill('2001-01-01')
    await press(page, 'Add a secret')
    await page
      .getByRole('alert')
      .getByText('Last day of the new secret must be in the future')
      .waitFor()
    await assertAccessible(t, page)
    await page.getByLabel('Last day of the new secret').fill('')
    await press(page, 'Add a secret')
    await heading(page, 'Copy the client secret now')
    await notice(page, 'The secret is added')
    await page.reload()
    await heading(page, 'This secret was shown already')
    await assertAccessible(t, page)
    await link(page, 'Show the client').tap()
    await link(page, 'Remove').first().tap()
    await page.getByRole('heading', { name: /^Remove the secret tcs_/ }).waitFor()
    await assertAccessible(t, page)
    await press(page, 'Remove secret')
    await notice(page, 'The secret is removed')

    await page.getByLabel('Name').fill('Fabrikam Two')
    await page.getByLabel('candidate:read').check()
    await press(page, 'Save')
    await notice(page, 'The changes are saved')
    await heading(page, 'Fabrikam Two')
    t.true(await page.getByLabel('candidate:read').isChecked())
    await assertAccessible(t, page)

    await link(page, 'Delete client').tap()
    await heading(page, 'Delete Fabrikam Two?')
    await assertAccessible(t, page)
    await press(page, 'Delete client')
    await notice(page, '“Fabrikam Two” is deleted')
    await heading(page, 'Clients')
    await page.goBack()
    await heading(page, 'There is no such client')
    await assertAccessible(t, page)
    await link(page, 'All clients').tap()
    await link(page, 'Sign out').tap()
    await heading(page, 'Sign out as a SuperAdmin?')
    await assertAccessible(t, page)
    await press(page, 'Sign out')
    await heading(page, 'Sign in as a SuperAdmin')
    t.deepEqual(complaints, [
      answered('422 (Unprocessable Entity)'),
      answered('410 (Gone)'),
      answered('404 (Not Found)'),
    ])
  },
)

test.serial(
  'the example: what is handed over with a new secret is selected whole by three clicks, also where it wraps',
  async (t) => {
    const { page, context } = await openTab(t, browser, { viewport: { width: 375, height: 740 } })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await registerClient(page, MOUSE, 'Litware')
    for (const name of ['Client secret', 'Client id', 'Issuer']) {
      const field = page.getByLabel(name)
      await field.click({ clickCount: 3 })
      await page.keyboard.press('Control+C')
      const copied = await page.evaluate(() => navigator.clipboard.readText())
      t.is(copied, await field.inputValue(), name)
      t.not(copied, '', name)
    }
  },
)

test.serial(
  'the example: two SuperAdmins change one client: the second is shown both',
  async (t) => {
    const { page, context, complaints } = await openTab(t, browser, DESKTOP)
    await registerClient(page, MOUSE, 'Tailspin')
    await link(page, 'I have copied it').click()
    const other = await context.newPage()
    await other.goto(page.url())
    await other.getByLabel('Name').fill('Tailspin by the other')
    await press(other, 'Save')
    await notice(other, 'The changes are saved')

    await page.getByLabel('Name').fill('Tailspin by the first')
    await press(page, 'Save')
    const alert = page.getByRole('alert')
    await alert.getByText('Somebody else changed this client').waitFor()
    t.true(await alert.evaluate((element) => element === document.activeElement))
    await assertAccessible(t, page)
    await alert.getByRole('link', { name: 'Name: “Tailspin by the other” is saved.' }).click()
    t.true(await page.getByLabel('Name').evaluate((field) => field === document.activeElement))
    t.is(await page.getByLabel('Name').inputValue(), 'Tailspin by the first')
    await press(page, 'Save')
    await heading(page, 'Tailspin by the first')
    t.deepEqual(complaints, [answered('409 (Conflict)')])
  },
)

test.serial(
  'the example: what is wrong with a registration is said at its fields; without a script',
  async (t) => {
    const { page, complaints } = await openTab(t, browser, { ...PHONE, javaScriptEnabled: false })
    await signInAsSuperAdmin(page, FINGER)
    await link(page, 'Register a client').tap()
    await page.getByLabel('Redirect URIs').fill('http://example.com/')
    await press(page, 'Register')
    const alert = page.getByRole('alert')
    for (const text of [
      'Name must have at least 3 characters.',
      'Scopes must contain at least one scope.',
      '“http://example.com/” must be https',
    ]) {
      t.true(await alert.getByText(text).isVisible(), text)
    }
    t.is(await page.getByLabel('Redirect URIs').inputValue(), 'http://example.com/')
    await page.getByLabel('Name').fill('Adatum')
    await page.getByLabel('interview:read').check()
    await page.getByLabel('Redirect URIs').fill('https://adatum.example/callback')
    await press(page, 'Register')
    await heading(page, 'Copy the client secret now')
    t.regex(await page.getByLabel('Client secret').inputValue(), /^tcs_\w{43}$/)
    t.deepEqual(complaints, [answered('422 (Unprocessable Entity)')])
  },
)

test.serial(
  'the example: Acme with a wrong registration says so, and takes its own again',
  async (t) => {
    const { page } = await openTab(t, browser, DESKTOP)
    const clientId = page.getByText('Acme Recruiter is the client').locator('code')
    await page.goto(example.partnerUrl)
    await page.getByText('Use another registration').click()
    await page.getByLabel('Client id').fill((await clientId.textContent()) ?? '')
    await page.getByLabel('Client secret').fill('tcs_wrong')
    await button(page, 'Use it').click()
    await notice(page, 'Acme Recruiter uses another registration')
    await link(page, 'Sign in with Teamcast').click()
    await page.getByLabel('Email address').fill('grace@globex.test')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await button(page, 'Allow').click()
    await page.waitForURL(`${example.partnerUrl}/`)
    await notice(page, 'Teamcast responded with invalid_client')

    await button(page, 'Use its own registration again').click()
    await notice(page, 'Acme Recruiter uses its own registration')
    await link(page, 'Sign in with Teamcast').click()
    await button(page, 'Allow').click()
    await heading(page, 'Connected to Teamcast')
    t.true(await page.getByText('user-grace').isVisible())
  },
)

// ————— what a person does —————

async function signInAsSuperAdmin(page: Page, hands: Hands): Promise<void> {
  await page.goto(example.hostUrl)
  await hands.press(page, link(page, 'Register and change clients'))
  // The field has the focus already.
  await page.locator('#token:focus').waitFor()
  await page.keyboard.type(SUPER_ADMIN_TOKEN)
  await page.keyboard.press('Enter')
  await heading(page, 'Clients')
}

/** Ends at the page that shows the secret. */
async function registerClient(
  page: Page,
  hands: Hands,
  name: string,
  look: (page: Page) => Promise<void> = async () => undefined,
): Promise<void> {
  await signInAsSuperAdmin(page, hands)
  await look(page)
  await hands.press(page, link(page, 'Register a client'))
  await heading(page, 'Register a client')
  await look(page)
  await hands.fill(page, page.getByLabel('Name'), name)
  await hands.fill(page, page.getByLabel('Redirect URIs'), `${example.partnerUrl}/callback`)
  for (const scope of ['openid', 'profile', 'email', 'interview:read', 'interview:create']) {
    await hands.press(page, page.getByRole('checkbox', { name: scope }))
  }
  await hands.press(page, button(page, 'Register'))
  await heading(page, 'Copy the client secret now')
  await notice(page, `“${name}” is registered`)
  await look(page)
}

async function useRegistration(
  t: ExecutionContext,
  acme: Page,
  hands: Hands,
  secretPage: Page,
): Promise<void> {
  await acme.goto(example.partnerUrl)
  await hands.press(acme, acme.getByText('Use another registration'))
  await hands.carry(secretPage, 'Client id', acme, acme.getByLabel('Client id'))
  await hands.carry(secretPage, 'Client secret', acme, acme.getByLabel('Client secret'))
  await assertAccessible(t, acme)
  await hands.press(acme, button(acme, 'Use it'))
  await notice(acme, 'Acme Recruiter uses another registration')
}

/** Signs Ada in at Acme, which then calls the API and refreshes. */
async function connect(t: ExecutionContext, page: Page, hands: Hands, name: string): Promise<void> {
  await page.goto(example.partnerUrl)
  await hands.press(page, link(page, 'Sign in with Teamcast'))
  await heading(page, `Sign in to continue to ${name}`)
  await page.locator('#username:focus').waitFor()
  await page.keyboard.type('ada@acme.test')
  await hands.fill(page, page.getByLabel('Password'), PASSWORD)
  await page.keyboard.press('Enter')
  await heading(page, `${name} wants to access your Teamcast account`)
  await hands.press(page, button(page, 'Allow'))
  await heading(page, 'Connected to Teamcast')
  await hands.press(page, button(page, 'List interviews'))
  await notice(page, 'GET /api/interviews responded with 200')
  await hands.press(page, button(page, 'Refresh tokens'))
  await notice(page, 'Tokens refreshed')
  await assertAccessible(t, page)
}

async function disconnect(
  t: ExecutionContext,
  page: Page,
  hands: Hands,
  name: string,
): Promise<void> {
  await heading(page, 'Connected applications')
  const connection = page.getByRole('listitem').filter({ hasText: name }).first()
  await hands.press(page, connection.locator('summary'))
  await assertAccessible(t, page)
  await hands.press(page, connection.getByRole('button', { name: 'Disconnect' }))
  await notice(page, `${name} is disconnected`)
}

function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

function link(page: Page, name: string): Locator {
  return page.getByRole('link', { name })
}
