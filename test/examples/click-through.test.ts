import test from 'ava'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
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

const PASSWORD = 'correct horse battery staple'
const CONSENT = 'Acme Recruiter wants to access your Teamcast account'
const BAD_REQUEST =
  'error: Failed to load resource: the server responded with a status of 400 (Bad Request)'

const VARIANTS: Readonly<Record<string, BrowserContextOptions>> = {
  'on a desktop': { ...DESKTOP, colorScheme: 'light' },
  'on a phone': { ...PHONE, colorScheme: 'dark' },
}

// One browser and one process, one test at a time: in parallel they would only wait for each other.
let browser: Browser
let example: RunningExample

test.before(async () => {
  const [startedExample, startedBrowser] = await Promise.allSettled([
    startExample(),
    launchChromium(),
  ])
  if (startedExample.status === 'fulfilled') example = startedExample.value
  if (startedBrowser.status === 'fulfilled') browser = startedBrowser.value
  for (const { reason } of [startedExample, startedBrowser].filter(isRejected)) throw reason
})

test.after.always(async () => {
  await browser?.close()
  await example?.end()
})

for (const [variant, options] of Object.entries(VARIANTS)) {
  test.serial(
    `the example ${variant}: sign in, allow, call the API, refresh, disconnect; every page is accessible`,
    async (t) => {
      const { page, complaints } = await openTab(t, browser, options)
      await page.goto(example.hostUrl)
      await assertAccessible(t, page)
      await page.getByRole('link', { name: 'Open Acme Recruiter' }).click()
      await assertAccessible(t, page)

      await page.getByRole('link', { name: 'Sign in with Teamcast' }).click()
      await heading(page, 'Sign in to continue to Acme Recruiter')
      await assertAccessible(t, page)
      await signIn(page, 'ada@acme.test', 'wrong')
      await page
        .getByRole('alert')
        .getByText('The email address or the password is wrong')
        .waitFor()
      t.is(await page.title(), 'Error: Sign in – Teamcast')
      t.is(await page.getByLabel('Email address').inputValue(), 'ada@acme.test')
      await assertAccessible(t, page)
      await signIn(page, 'ada@acme.test')

      await heading(page, CONSENT)
      t.true(await page.getByText(`You will return to ${hostOf(example.partnerUrl)}`).isVisible())
      t.true(await page.getByText('ada@acme.test').isVisible())
      t.deepEqual(
        await page
          .getByRole('region', { name: 'It will be able to' })
          .getByRole('listitem')
          .allInnerTexts(),
        [
          'See your name and picture',
          'See your email address',
          'See your interviews and their results',
          'Create new interviews',
        ],
      )
      await assertAccessible(t, page)
      await press(page, 'Allow')

      await heading(page, 'Connected to Teamcast')
      await notice(page, 'You are signed in')
      for (const text of ['Ada Lovelace', 'ada@acme.test', 'user-ada']) {
        t.true(await page.getByText(text).isVisible(), text)
      }
      // The Content-Security-Policy lets it load.
      const picture = page.locator('img.avatar')
      t.true(await picture.evaluate((image) => 'naturalWidth' in image && image.naturalWidth !== 0))
      await assertAccessible(t, page)

      await press(page, 'List interviews')
      await notice(page, 'GET /api/interviews responded with 200')
      t.regex(await answer(page), /Margaret Hamilton/)
      t.notRegex(await answer(page), /globex/)
      await press(page, 'Create an interview')
      await notice(page, 'POST /api/interviews responded with 201')
      const { id } = JSON.parse(await answer(page))
      await press(page, 'Refresh tokens')
      await notice(page, 'Tokens refreshed')
      await press(page, 'List interviews')
      await notice(page, 'GET /api/interviews responded with 200')
      t.true((await answer(page)).includes(id))
      await assertAccessible(t, page)

      await press(page, 'Disconnect')
      await notice(page, 'You are disconnected')
      await heading(page, 'Plan your interviews with Acme Recruiter')
      await assertAccessible(t, page)
      t.deepEqual(complaints, [BAD_REQUEST]) // the wrong password
    },
  )
}

test.serial('the example: Deny leads back to the partner, which says so', async (t) => {
  const { page, complaints } = await openTab(t, browser, PHONE)
  await openConsentPage(page, 'alan@acme.test')
  await press(page, 'Deny')
  await notice(page, 'You were not signed in')
  await heading(page, 'Plan your interviews with Acme Recruiter')
  t.is(page.url(), `${example.partnerUrl}/`)
  await assertAccessible(t, page)
  t.deepEqual(complaints, [])
})

test.serial('the example: Cancel on the sign-in page leads back to the partner', async (t) => {
  const { page, complaints } = await openTab(t, browser, DESKTOP)
  await page.goto(`${example.partnerUrl}/sign-in`)
  await press(page, 'Cancel')
  await notice(page, 'You were not signed in')
  t.deepEqual(complaints, [])
})

test.serial('the example: Switch account signs somebody else in', async (t) => {
  const { page, complaints } = await openTab(t, browser, DESKTOP)
  await openConsentPage(page, 'ada@acme.test')
  await press(page, 'Switch account')
  await heading(page, 'Sign in to continue to Acme Recruiter')
  await signIn(page, 'grace@globex.test')
  await heading(page, CONSENT)
  t.true(await page.getByText('grace@globex.test').isVisible())
  await press(page, 'Allow')
  await heading(page, 'Connected to Teamcast')
  await press(page, 'List interviews')
  await notice(page, 'GET /api/interviews responded with 200')
  t.regex(await answer(page), /Hedy Lamarr/)
  t.notRegex(await answer(page), /acme/)
  t.deepEqual(complaints, [])
})

test.serial('the example: reloading the consent page changes nothing', async (t) => {
  const { page, complaints } = await openTab(t, browser, DESKTOP)
  await openConsentPage(page, 'ada@acme.test')
  await page.reload()
  await heading(page, CONSENT)
  await press(page, 'Allow')
  await heading(page, 'Connected to Teamcast')
  t.deepEqual(complaints, [])
})

test.serial('the example: the back button after consent does no harm', async (t) => {
  const { page, complaints } = await openTab(t, browser, DESKTOP)
  await openConsentPage(page, 'ada@acme.test')
  await press(page, 'Allow')
  await heading(page, 'Connected to Teamcast')

  await page.goBack()
  await heading(page, 'This sign-in is already finished')
  await assertAccessible(t, page)
  await page.reload()
  await heading(page, 'This sign-in is already finished')
  await page.getByRole('link', { name: 'Back to Acme Recruiter' }).click()
  await heading(page, 'Connected to Teamcast')
  await press(page, 'List interviews')
  await notice(page, 'GET /api/interviews responded with 200')
  t.deepEqual(complaints, [BAD_REQUEST, BAD_REQUEST])
})

test.serial('the example: two tabs do not disturb each other', async (t) => {
  const { page: first, complaints, context } = await openTab(t, browser, DESKTOP)
  const second = await context.newPage()
  for (const page of [first, second]) {
    await page.goto(example.partnerUrl)
    await page.getByRole('link', { name: 'Sign in with Teamcast' }).click()
    await heading(page, 'Sign in to continue to Acme Recruiter')
  }
  for (const page of [first, second]) {
    await signIn(page, 'ada@acme.test')
    await heading(page, CONSENT)
  }
  for (const page of [first, second]) {
    await press(page, 'Allow')
    await heading(page, 'Connected to Teamcast')
    await notice(page, 'You are signed in')
  }
  t.deepEqual(complaints, [])
})

test.serial('the example: the keyboard is enough', async (t) => {
  const { page, complaints } = await openTab(t, browser, DESKTOP)
  await page.goto(example.partnerUrl)
  await tabTo(page, page.getByRole('link', { name: 'Sign in with Teamcast' }))
  await page.keyboard.press('Enter')
  await page.locator('#username:focus').waitFor()
  await page.keyboard.type('ada@acme.test')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await heading(page, CONSENT)
  await tabTo(page, page.getByRole('button', { name: 'Allow' }))
  await page.keyboard.press('Enter')
  await heading(page, 'Connected to Teamcast')
  await tabTo(page, page.getByRole('button', { name: 'List interviews' }))
  await page.keyboard.press('Enter')
  await notice(page, 'GET /api/interviews responded with 200')
  await tabTo(page, page.getByRole('button', { name: 'Disconnect' }))
  await page.keyboard.press('Enter')
  await notice(page, 'You are disconnected')
  t.deepEqual(complaints, [])
})

test.serial('the example: it needs no script', async (t) => {
  const { page, complaints } = await openTab(t, browser, { ...PHONE, javaScriptEnabled: false })
  await openConsentPage(page, 'grace@globex.test')
  await press(page, 'Allow')
  await heading(page, 'Connected to Teamcast')
  await press(page, 'Create an interview')
  await notice(page, 'POST /api/interviews responded with 201')
  await press(page, 'Refresh tokens')
  await notice(page, 'Tokens refreshed')
  await press(page, 'Disconnect')
  await notice(page, 'You are disconnected')
  t.deepEqual(complaints, [])
})

// ————— what a person does —————

async function openConsentPage(page: Page, username: string): Promise<void> {
  await page.goto(example.partnerUrl)
  await page.getByRole('link', { name: 'Sign in with Teamcast' }).click()
  await signIn(page, username)
  await heading(page, CONSENT)
}

async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email address').fill(username)
  await page.getByLabel('Password').fill(password)
  await press(page, 'Sign in')
}

// ————— what a person sees —————

async function answer(page: Page): Promise<string> {
  const json = await page.getByRole('region', { name: 'Response from Teamcast' }).textContent()
  return json ?? ''
}

function hostOf(url: string): string {
  return new URL(url).host
}

function isRejected(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return result.status === 'rejected'
}
