import { accessible, fitsWidth } from './company'
import { Wiretap } from './crew'
import { bank, type Claim, Desk, draft, expect, found, hire, later, picture, Receiver, subject, submitted, test } from './payment'
import { flow, pay } from './payment-app'
import { sign } from './sheet'
import { colleague } from './verbs'

// One story, told in order: what the company has done in one part is what the next one finds.
test.describe.configure({ mode: 'serial' })

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

test('the board votes with signatures; a return is corrected and resumed; a proxy signs for a member', async ({ sit, site }) => {
  site.at(later(2, 35))
  const zhou = new Desk(await sit('zhou'))
  const qian = new Desk(await sit('qian'))
  const { t } = zhou

  await test.step('one signs, another sends it back to the applicant', async () => {
    await zhou.open(big)
    await zhou.decide('approve', { comment: '按合同支付', signed: true })
    await qian.open(big)
    await expect(qian.path.getByText(t('timeline.decided', { name: '周明远', decision: t('decision.approved') }))).toBeVisible()
    await expect(qian.path.getByText(t('timeline.waitingFor', { name: '孙维民', time: '2小时' }))).toBeVisible()
    await qian.page.getByRole('button', { name: t('tasks.verb.return'), exact: true }).click()
    await qian.dialog.getByRole('textbox').fill('收款单位与合同不一致')
    await picture(qian.page, '09-return')
    await qian.confirm('tasks.verb.return', 'tasks.done.return')
  })

  await test.step('he corrects it, and it goes straight back to the board', async () => {
    const wang = new Desk(await sit('wang', { phone: true }))
    await wang.counts('open', 1)
    await picture(wang.page, '10-phone-returned')
    await wang.tab('started')
    await wang.card(big).getByRole('link').tap()
    await expect(wang.entry('钱立群', t('event.returned'))).toContainText('收款单位与合同不一致')
    await wang.page.getByLabel(/^收款单位/).fill('宏远混凝土（集团）有限公司')
    await wang.page.getByRole('button', { name: t('record.resubmit'), exact: true }).tap()
    await expect(wang.page.getByText(t('state.running')).first()).toBeVisible()
    await expect(wang.path.getByText(/周明远/)).toBeVisible()
    await expect(wang.path.getByText(/李海燕/)).toHaveCount(0)
    await picture(wang.page, '11-phone-resumed')
  })

  await test.step('who is away names a proxy, who signs on his phone in English', async () => {
    await zhou.page.goto('/account')
    await zhou.page.getByRole('button', { name: t('proxies.add') }).click()
    await colleague(zhou.page, t('proxies.to'), '赵建华')
    await zhou.dialog.getByRole('button', { name: t('proxies.add') }).click()
    await expect(zhou.page.getByText(t('proxies.given', { name: '赵建华' }))).toBeVisible()

    const zhao = new Desk(await sit('zhao', { phone: true, lang: 'en' }), 'en')
    await zhao.open(big, 'proxied')
    await fitsWidth(zhao.page)
    await picture(zhao.page, '12-phone-proxied-en')
    await zhao.page.getByRole('button', { name: zhao.t('tasks.verb.approve'), exact: true }).tap()
    await sign(zhao.page, 'en')
    await fitsWidth(zhao.page)
    await picture(zhao.page, '13-phone-signed-en')
    await zhao.confirm('tasks.verb.approve', 'tasks.done.approve')
  })

  await test.step('two of three are enough: the third is not asked any more', async () => {
    const sun = new Desk(await sit('sun'))
    await sun.counts('open', 1)
    await qian.open(big)
    await qian.decide('approve', { comment: '已更正', signed: true })
    await sun.counts('open', 0)
    await picture(sun.page, '14-empty-todo')
  })
})

test('legal adds signers before and beside; the copy is read; the payment is made once; all of it is history', async ({ sit, site }) => {
  site.at(later(4))
  const zheng = new Desk(await sit('zheng'))
  const { t } = zheng
  const add = async (kind: 'before' | 'parallel', name: string) => {
    await zheng.more('tasks.verb.addsign')
    await colleague(zheng.page, t('verbs.people'), name)
    await zheng.dialog.getByRole('radio', { name: t(`verbs.kinds.${kind}`) }).check()
    await picture(zheng.page, `15-addsign-${kind}`)
    await zheng.confirm('tasks.verb.addsign', 'tasks.done.addsign')
  }

  await test.step('one signs before legal does, another beside', async () => {
    await zheng.open(big)
    await add('before', '何文')
    await expect(zheng.page.getByText(t('tasks.none.open'))).toBeVisible()
    const he = new Desk(await sit('hewen'))
    await he.open(big)
    await he.decide('approve', { comment: '合同条款无误' })
    await zheng.open(big)
    await add('parallel', '吴静')
    await zheng.decide('approve')
    expect(erp.paid(big)).toHaveLength(0)
    const wu = new Desk(await sit('wujing'))
    await wu.open(big)
    await wu.decide('approve', { comment: '款项已备' })
  })

  await test.step('the other system is told to pay, once', async () => {
    await expect.poll(() => erp.paid(big).length).toBe(1)
    const [call] = erp.paid(big)
    expect(call?.body.data.id).toBe(call?.body.record)
    expect(call?.headers['webhook-id']).toBe(call?.body.id)
    expect(call?.headers['idempotency-key']).toBe(call?.body.id)
  })

  await test.step('the copy is unread until it is opened', async () => {
    const feng = new Desk(await sit('feng'))
    await feng.counts('cc', 1)
    await feng.tab('cc')
    await expect(feng.card(big)).toContainText(t('tasks.unread'))
    await picture(feng.page, '17-cc')
    await feng.open(big, 'cc')
    await feng.tab('cc')
    await feng.counts('cc', 0)
  })

  await test.step('the applicant reads on his phone who did what, and thanks', async () => {
    const wang = new Desk(await sit('wang', { phone: true }))
    await wang.open(big, 'started')
    await expect(wang.page.getByText(t('state.approved')).first()).toBeVisible()
    await history(wang)
    await wang.page.getByLabel(t('timeline.comment')).fill('谢谢，已付款')
    await colleague(wang.page, t('timeline.tell'), '李海燕')
    await picture(wang.page, '18-phone-comment')
    await wang.page.getByRole('button', { name: t('timeline.send') }).tap()
    await expect(wang.entry('王小工', t('event.commented'), '谢谢，已付款')).toContainText('李海燕')
    await fitsWidth(wang.page)
    await picture(wang.page, '19-phone-history')
    await accessible(wang.page)
    const li = new Desk(await sit('haiyan'))
    await li.page.goto('/messages')
    await expect(li.page.getByRole('listitem').filter({ hasText: t('notices.mention') })).toContainText('谢谢，已付款')
  })
})

/** Reads the whole history of the large payment: who did what, where, in which round, how long it took. */
async function history(desk: Desk): Promise<void> {
  const { t } = desk
  await desk.page.getByRole('button', { name: new RegExp(t('timeline.earlier_other', { count: 9 }).replace('9', '\\d+')) }).click()
  await expect(desk.entry('王小工', t('event.resubmitted'), '金额')).toContainText('158,000.00 → 168,000.00')
  const dept = desk.entry('李海燕', t('event.approved'))
  await expect(dept).toContainText('部门负责人')
  await expect(dept).toContainText('属二部，已改')
  await expect(dept).toContainText('工程一部 → 工程二部')
  const signed = desk.entry('周明远', t('event.approved'), '按合同支付')
  await expect(signed).toContainText(/董事会 · 用时 2小时/)
  await expect(signed.getByRole('img', { name: t('files.sign') })).toBeVisible()
  await expect(desk.entry('钱立群', t('event.returned'))).toContainText('收款单位与合同不一致')
  await expect(desk.entry('王小工', t('event.resubmitted'), '收款单位')).toContainText('宏远混凝土有限公司 → 宏远混凝土（集团）有限公司')
  const proxy = desk.entry('赵建华', t('timeline.standsFor', { name: '周明远' }))
  await expect(proxy).toContainText(`董事会 · ${t('timeline.round', { count: 2 })}`)
  await expect(proxy.getByRole('img', { name: t('files.sign') })).toBeVisible()
  await expect(desk.entry('钱立群', t('event.approved'))).toContainText(t('timeline.round', { count: 2 }))
  await expect(desk.entry('郑律', t('event.signers_added'), '何文')).toBeVisible()
  await expect(desk.entry('何文', t('event.approved'))).toContainText('合同条款无误')
  await expect(desk.entry('郑律', t('event.signers_added'), '吴静')).toBeVisible()
  await expect(desk.entry('吴静', t('event.approved'))).toContainText('款项已备')
  await expect(desk.entry(t('timeline.system'), t('event.delivered'))).toContainText(`${t('automation.effect.webhook')} · erp.pay`)
  await desk.page.getByText(t('proof.title')).click()
  await expect(desk.page.getByText(t('proof.holds'))).toBeVisible()
}

const late = '36000.00'

test('who lets a deadline pass is reminded, then relieved; the manager, finance and a colleague of legal decide', async ({ sit, site }) => {
  site.at(later(6))
  await submitted(site, { amount: late, over: '5000.00' })

  await test.step('a day later the head of the department is reminded', async () => {
    site.at(later(28, 30))
    const li = new Desk(await sit('haiyan'))
    const { t } = li
    await expect(li.card(late)).toContainText(t('tasks.due', { when: '1小时后' }))
    site.at(later(30, 5))
    const bell = li.page.getByRole('link', { name: t('shell.messagesCount_other', { count: 1 }) })
    await expect(bell).toBeVisible()
    await bell.click()
    await expect(li.page.getByRole('listitem').filter({ hasText: t('notices.remind') }).first()).toContainText(subject(late))
    await li.tab('open')
    await expect(li.card(late)).toContainText(t('tasks.due', { when: '23小时后' }))
    await picture(li.page, '20-reminded')
  })

  await test.step('another day later it is a flow administrator who decides', async () => {
    site.at(later(54, 5))
    const feng = new Desk(await sit('feng'))
    await expect(feng.card(late)).toBeVisible()
    await feng.open(late)
    await expect(feng.entry(feng.t('timeline.system'), feng.t('timeline.deadline.remind'))).toContainText('李海燕')
    await expect(feng.entry(feng.t('timeline.system'), feng.t('timeline.deadline.transfer'))).toContainText('冯秀兰')
    await expect(feng.path.getByText(feng.t('timeline.decided', { name: '李海燕', decision: feng.t('decision.transferred') }))).toBeVisible()
    await picture(feng.page, '21-transferred-by-time')
    await feng.decide('approve', { comment: '李部长出差，代为把关' })
    const li = new Desk(await sit('haiyan'))
    await li.counts('open', 0)
  })

  await test.step('the project manager decides what is over plan, then one of finance', async () => {
    const zhao = new Desk(await sit('zhao'))
    await zhao.open(late)
    await zhao.decide('approve', { comment: '设计变更所致' })
    const qian = new Desk(await sit('qian'))
    await qian.counts('open', 1)
    const wu = new Desk(await sit('wujing'))
    await wu.open(late)
    await wu.decide('approve')
    await qian.counts('open', 0)
  })

  await test.step('legal hands it over to a colleague, and it is paid', async () => {
    const zheng = new Desk(await sit('zheng'))
    const { t } = zheng
    await zheng.open(late)
    await zheng.more('tasks.verb.transfer')
    await colleague(zheng.page, t('verbs.person.transfer'), '何文')
    await zheng.dialog.getByRole('textbox').fill('合同由你经手')
    await picture(zheng.page, '22-transfer')
    await zheng.confirm('tasks.verb.transfer', 'tasks.done.transfer')
    const he = new Desk(await sit('hewen'))
    await he.open(late)
    await expect(he.entry('郑律', t('event.transferred'), '何文')).toContainText('合同由你经手')
    await he.decide('approve')
    await expect.poll(() => erp.paid(late).length).toBe(1)
    await he.open(late, 'handled')
    await expect(he.page.getByText(t('state.approved')).first()).toBeVisible()
    for (const [name, event] of [['冯秀兰', 'approved'], ['赵建华', 'approved'], ['吴静', 'approved'], ['何文', 'approved']] as const) {
      await expect(he.entry(name, t(`event.${event}`))).toBeVisible()
    }
    await picture(he.page, '23-history')
  })
})

const small = ['11000.00', '12000.00'] as const
const large = '300000.00'

test('several are decided together, on the phone too; what needs a signature is passed over and says why', async ({ sit, site }) => {
  site.at(later(56))
  for (const amount of [...small, large]) await submitted(site, { amount })

  await test.step('the head of the department approves all three on her phone', async () => {
    const li = new Desk(await sit('haiyan', { phone: true }))
    const { page, t } = li
    await li.counts('open', 3)
    await page.getByRole('button', { name: t('tasks.select'), exact: true }).tap()
    await page.getByRole('button', { name: t('tasks.batch.all') }).tap()
    await fitsWidth(page)
    await picture(page, '24-phone-batch')
    await page.getByRole('toolbar').getByRole('button', { name: t('tasks.verb.approve') }).tap()
    await li.dialog.getByRole('button', { name: t('tasks.verb.approve') }).tap()
    await expect(page.getByText(t('tasks.batch.done_other', { count: 3 }))).toBeVisible()
    await li.counts('open', 0)
  })

  await test.step('who is of finance and of the board decides two of three', async () => {
    const qian = new Desk(await sit('qian'))
    const { page, t } = qian
    await qian.counts('open', 3)
    await page.getByRole('button', { name: t('tasks.select'), exact: true }).click()
    for (const amount of [...small, large]) await qian.card(amount).getByRole('checkbox').check()
    await page.getByRole('toolbar').getByRole('button', { name: t('tasks.verb.approve') }).click()
    await qian.dialog.getByRole('button', { name: t('tasks.verb.approve') }).click()
    const told = page.getByRole('dialog', { name: t('tasks.batch.some', { done: 2, skipped: 1 }) })
    await expect(told.getByRole('listitem').filter({ hasText: subject(large) })).toContainText(t('errors.sign_required'))
    await expect(page.getByRole('toolbar')).toContainText(t('tasks.batch.chosen_other', { count: 1 }))
    await picture(page, '25-batch-skipped')
    await accessible(page)
    await told.getByRole('link', { name: subject(large) }).click()
    await expect(page.getByRole('heading', { level: 1, name: subject(large) })).toBeVisible()
    await qian.decide('approve', { signed: true })
    await qian.tab('open')
    await qian.counts('open', 0)
    await expect(page.getByText(t('tasks.none.open'))).toBeVisible()
  })

  await test.step('legal finds the two, and the board the third', async () => {
    const zheng = new Desk(await sit('zheng'))
    await zheng.counts('open', 2)
    const zhou = new Desk(await sit('zhou'))
    await zhou.counts('open', 1)
    await expect(zhou.card(large)).toBeVisible()
  })
})
