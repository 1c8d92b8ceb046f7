import { accessible, fitsWidth } from './company'
import { Wiretap } from './crew'
import { bank, type Claim, Desk, draft, expect, found, hire, later, picture, Receiver, subject, test } from './payment'
import { flow, pay } from './payment-app'

// One story, told in order: what the company has done in one part is what the next one finds.
test.describe.configure({ mode: 'serial', timeout: 300_000 })
test.use({ actionTimeout: 30_000 })

let erp: Receiver
test.beforeAll(async () => {
  erp = await Receiver.listen()
})
test.afterAll(() => erp.close())

/** Publishes what is in the draft, with what there is to be aware of. */
async function publish(desk: Desk, note: string): Promise<void> {
  const { page, t } = desk
  await page.getByRole('button', { name: t('definitions.publish'), exact: true }).click()
  const dialog = page.getByRole('dialog', { name: t('definitions.publish') })
  await dialog.getByLabel(t('definitions.note')).fill(note)
  const aware = dialog.getByRole('checkbox', { name: t('definitions.acceptWarnings') })
  if (await aware.isVisible()) await aware.check()
  await dialog.getByRole('button', { name: t('definitions.publish') }).click()
  await expect(dialog).toBeHidden()
}

test('an administrator founds the company, builds the payment application and publishes it', async ({ door, site }) => {
  const page = await door()
  const desk = new Desk(page)
  const { t } = desk
  await found(page, site)
  await draft(site)

  await test.step('what pays is given its address before a flow may call it', async () => {
    await page.goto('/channels')
    await page.getByRole('button', { name: t('channels.add') }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(t('channels.name')).fill('erp.pay')
    await dialog.getByLabel(t('channels.kind')).click()
    await page.getByTitle(t('channels.kinds.webhook')).click()
    await dialog.getByLabel(t('channels.url')).fill(erp.url)
    await dialog.getByLabel(t('channels.secret')).fill('0123456789abcdef')
    for (const notice of await dialog.getByRole('group', { name: t('channels.notices') }).getByRole('checkbox').all()) await notice.uncheck()
    await dialog.getByRole('button', { name: t('common.save') }).click()
    await expect(dialog).toBeHidden()
  })

  await test.step('the draft is checked and published', async () => {
    await page.goto('/definitions')
    await page.getByRole('button', { name: t('definitions.check'), exact: true }).click()
    await expect(page.getByRole('list', { name: t('definitions.findings') }).or(page.getByText(t('definitions.clean')))).toBeVisible()
    await picture(page, '01-draft')
    await publish(desk, '付款申请')
  })
  await hire(site)

  await test.step('the designer adds the step that pays', async () => {
    await page.goto('/flows/payment')
    await page.getByRole('tab', { name: t('flows.tabs.json') }).click()
    const whole = { ...flow, nodes: [...flow.nodes, pay] }
    await page.getByRole('textbox', { name: t('definitions.json') }).fill(JSON.stringify(whole, null, 2))
    await page.getByRole('button', { name: t('definitions.saveDraft') }).click()
    await expect(page.getByText(t('definitions.saved')).first()).toBeVisible()
    await page.getByRole('tab', { name: t('flows.tabs.overview') }).click()
    await expect(page.locator('[data-node="pay"]')).toBeVisible()
    await picture(page, '02-flow')
    await publish(desk, '付款由 ERP 执行')
  })
})

/** Fills and submits a payment on a phone. */
async function submitOnPhone(desk: Desk, claim: Claim): Promise<void> {
  const { page, t } = desk
  await page.goto('/e/payment/new')
  await page.getByRole('button', { name: /^项目:/ }).tap()
  await page.getByRole('dialog').getByRole('button', { name: /滨江一号/ }).tap()
  await page.getByLabel(/^收款单位/).fill('宏远混凝土有限公司')
  await page.getByLabel(/^金额/).fill(claim.amount)
  await page.getByLabel(/^成本中心/).fill('工程一部')
  await page.getByLabel(/^收款账号/).fill(bank)
  for (const name of claim.watchers ?? []) {
    await page.getByRole('combobox', { name: /^知会/ }).fill(name)
    await page.locator('.ant-select-dropdown:visible .ant-select-item-option').filter({ hasText: name }).tap()
  }
  await page.locator('input[type="file"]').first().setInputFiles({ name: '发票.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') })
  await expect(page.getByText('发票.pdf').first()).toBeVisible()
  await picture(page, '03-phone-form')
  await page.getByRole('button', { name: t('record.submit'), exact: true }).tap()
  await expect(page.getByText(t('state.running')).first()).toBeVisible()
}

const first = '158000.00'
const big = '168000.00'

test('the applicant submits on his phone, withdraws, corrects and reminds; the department never sees the account', async ({ sit, site }) => {
  const wang = new Desk(await sit('wang', { phone: true }))
  const { t } = wang
  await submitOnPhone(wang, { amount: first, watchers: ['冯秀兰'] })
  await fitsWidth(wang.page)
  await picture(wang.page, '04-phone-submitted')

  await test.step('nobody has decided yet, so he takes it back and corrects the amount', async () => {
    await wang.more('record.withdraw')
    await wang.confirm('record.withdraw', 'record.done.withdraw')
    await expect(wang.page.getByText(t('state.draft')).first()).toBeVisible()
    await wang.page.getByLabel(/^金额/).fill(big)
    await wang.page.getByRole('button', { name: t('record.submit'), exact: true }).tap()
    await expect(wang.page.getByText(t('state.running')).first()).toBeVisible()
  })

  await test.step('he reminds, once an hour', async () => {
    await wang.more('verbs.verb.remind')
    await wang.dialog.getByRole('textbox').fill('供应商在催')
    await wang.confirm('verbs.verb.remind', 'verbs.done.remind')
    await wang.more('verbs.verb.remind')
    await wang.dialog.getByRole('button', { name: t('verbs.verb.remind'), exact: true }).tap()
    await expect(wang.page.getByText(t('errors.rate_limit')).first()).toBeVisible()
    await picture(wang.page, '05-phone-remind-refused')
  })

  await test.step('the head of the department is told, sees no account, and changes the cost centre', async () => {
    site.at(later(0, 30))
    const li = new Desk(await sit('haiyan'))
    const heard = new Wiretap(li.page)
    await li.counts('open', 1)
    await expect(li.card(big)).toContainText(t('tasks.due', { when: '23小时后' }))
    await expect(li.card(big)).toContainText('部门负责人')
    await picture(li.page, '06-todo')
    await li.open(big)
    await expect(li.page.getByText('成本中心').first()).toBeVisible()
    await expect(li.page.getByText('收款账号')).toHaveCount(0)
    await expect(li.entry('王小工', t('event.reminded'))).toContainText('供应商在催')
    await expect(li.entry('王小工', t('event.withdrawn'))).toBeVisible()
    await li.page.getByLabel(/^成本中心/).fill('工程二部')
    await picture(li.page, '07-dept-task')
    await accessible(li.page)
    await li.decide('approve', { comment: '属二部，已改' })
    await li.tab('open')
    await li.counts('open', 0)
    for (const answer of await heard.answers()) expect(answer).not.toContain(bank)
    await li.page.goto('/messages')
    await expect(li.page.getByRole('listitem').filter({ hasText: t('notices.remind') })).toContainText(subject(big))
    await picture(li.page, '08-inbox')
  })
})
